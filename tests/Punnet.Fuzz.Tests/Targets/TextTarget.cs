using System;
using System.Text;
using Punnet.Host;
using Punnet.Host.Layers;
using Punnet.Host.Resctrl;
using Punnet.Host.State;
using Punnet.Host.Systemd;
using Punnet.Host.Text;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Fuzz.Tests.Targets;

/// <summary>Small texts that come from annotations, options, the environment, the kernel and the names of files.</summary>
internal static class TextTarget
{
    /// <summary>The first byte says which.</summary>
    public static void Run(byte[] input)
    {
        ReadOnlySpan<byte> rest = input.AsSpan(Math.Min(1, input.Length));
        string text = Encoding.UTF8.GetString(rest);
        switch (input.Length == 0 ? 0 : input[0] % 9)
        {
            case 0:
                Variant(text);
                break;
            case 1:
                foreach (BusAddress address in BusAddress.ReadAll(text))
                {
                    _ = BusAddress.TryParse(address.ToString());
                }

                _ = BusAddress.TryParse(text);
                break;
            case 2:
                Fault.If(ByteSize.TryParse(text, out long bytes) && bytes < -1, "a negative size: " + bytes);
                Fault.If(ScaledNumber.TryParse(text, 1L << 50, out long scaled) && scaled < 0, "a negative number: " + scaled);
                break;
            case 3:
                Duration(text);
                break;
            case 4:
                foreach (MountInfo mount in MountInfo.Parse(text))
                {
                    Fault.If(mount.Point.Contains(' ', StringComparison.Ordinal), "a blank in a mount point");
                }

                break;
            case 5:
                Fault.If(SignalNames.Parse(text) is < 0 or > 64, "no such signal: " + text);
                break;
            case 6:
                Strings(rest.ToArray());
                break;
            case 7:
                int half = text.IndexOf('|', StringComparison.Ordinal);
                _ = SchemataText.Has(text, text[Math.Max(half, 0)..]);
                _ = InitFile.TryParse(rest, out _);
                _ = ProcessIdentity.Parse(rest);
                break;
            default:
                Shown(rest);
                break;
        }
    }

    private static void Variant(string text)
    {
        try
        {
            BusValue value = VariantText.Read(text, "annotations");
            Fault.If(BusSignature.EndOfType(value.Signature, 0) != value.Signature.Length, "no type: " + value.Signature);
            BusWriter writer = new();
            writer.Variant(value);
            _ = value.ToString();
        }
        catch (SpecException refusal)
        {
            Fault.If(refusal.Place != "annotations" || refusal.Message.Length < 20, "no sentence: " + refusal.Message);
        }
    }

    private static void Duration(string text)
    {
        bool isValid = GoDuration.TryParse(text, out long milliseconds);
        Fault.If(isValid && (milliseconds < 0) != (text.StartsWith('-') && milliseconds != 0), "another sign: " + milliseconds);
    }

    private static void Strings(byte[] document)
    {
        try
        {
            _ = ConfigReader.ReadStrings(document);
        }
        catch (SpecException refusal)
        {
            Fault.If(refusal.Message.Length < 8, "no sentence: " + refusal.Message);
        }
    }

    private static void Shown(ReadOnlySpan<byte> bytes)
    {
        string raw = FileNameBytes.Of(bytes);
        Fault.If(!FileNameBytes.Bytes(raw).AsSpan().SequenceEqual(bytes), "other bytes");
        string shown = FileNameBytes.Printable(raw);
        StringBuilder line = new();
        OneLine.Append(line, Encoding.UTF8.GetString(bytes), isQuoted: true);
        foreach (char character in shown + line)
        {
            Fault.If(char.IsControl(character), "a control character is shown");
        }
    }
}
