using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Punnet.Host.Systemd;

/// <summary>A Unix socket of a bus (D-Bus Specification, "Server Addresses").</summary>
/// <param name="Socket">A path without NUL, or NUL and an abstract name, unix(7).</param>
/// <param name="HasBroker">Whether the peer is a bus, with names and Hello, not systemd itself.</param>
public sealed record BusAddress(byte[] Socket, bool HasBroker)
{
    /// <summary>A path.</summary>
    public static BusAddress Path(string path, bool hasBroker) => new(Encoding.UTF8.GetBytes(path), hasBroker);

    /// <summary>As the state keeps it and people read it.</summary>
    public override string ToString() => (HasBroker ? "bus " : "systemd ")
        + (Socket is [0, ..] ? "@" + Encoding.UTF8.GetString(Socket.AsSpan(1)) : Encoding.UTF8.GetString(Socket));

    /// <summary>Reads what <see cref="ToString"/> wrote, or null.</summary>
    public static BusAddress? TryParse(string text)
    {
        int blank = text.IndexOf(' ', StringComparison.Ordinal);
        string word = blank < 0 ? "" : text[..blank], socket = text[(blank + 1)..];
        if (word is not ("bus" or "systemd") || socket.Length == 0)
        {
            return null;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(socket);
        bytes[0] = bytes[0] == (byte)'@' ? (byte)0 : bytes[0];
        return new BusAddress(bytes, word == "bus");
    }

    /// <summary>
    /// The Unix sockets of DBUS_SESSION_BUS_ADDRESS and its like: <c>unix:path=/run/bus;unix:abstract=x,guid=…</c>. Other transports are
    /// left out, and invalid addresses too.
    /// </summary>
    public static List<BusAddress> ReadAll(string? variable)
    {
        List<BusAddress> addresses = [];
        foreach (string address in (variable ?? "").Split(';'))
        {
            if (!address.StartsWith("unix:", StringComparison.Ordinal))
            {
                continue;
            }

            foreach (string option in address["unix:".Length..].Split(','))
            {
                int equals = option.IndexOf('=', StringComparison.Ordinal);
                byte[]? value = equals < 0 ? null : Unescape(option[(equals + 1)..]);
                if (value is not null && option[..equals] is "path" or "abstract")
                {
                    addresses.Add(new BusAddress(option[..equals] == "path" ? value : [0, .. value], HasBroker: true));
                }
            }
        }

        return addresses;
    }

    // %2f is a slash.
    private static byte[]? Unescape(string text)
    {
        List<byte> bytes = [];
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text[i].ToString()));
            }
            else if (i + 2 < text.Length
                && byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte code))
            {
                bytes.Add(code);
                i += 2;
            }
            else
            {
                return null;
            }
        }

        return bytes.Count == 0 || bytes.Contains(0) ? null : [.. bytes];
    }
}
