using System;
using System.Buffers.Text;
using System.Text;
using Punnet.Spec;

namespace Punnet.Host.State;

/// <summary>
/// What the link <c>init</c> of a state directory says: the first process, and below it what the table of <c>list</c> shows of the
/// record. A link is read with one system call, the record with four and a parser: 5 of 20 ms for 1,000 containers.
/// </summary>
public readonly ref struct InitFile
{
    private const int Longest = 4000; // bytes; symlink(2) takes 4095

    /// <summary>The first process.</summary>
    public required ProcessIdentity Init { get; init; }

    /// <summary>Of the record: owner, time, cgroup and bundle; without a bundle where the link does not have them.</summary>
    public required SummaryTexts Texts { get; init; }

    /// <summary>See <see cref="PidfdInode.Of"/>; 0 where it is not known.</summary>
    public required ulong Inode { get; init; }

    /// <summary>
    /// Bytes of the record; 0 where it is not known. A punnet whose records have a higher version must leave it out: who finds a record of
    /// that size does not read it.
    /// </summary>
    public required int RecordSize { get; init; }

    /// <summary>What the link is to say.</summary>
    /// <param name="init">The first process.</param>
    /// <param name="inode">Of its pidfd.</param>
    /// <param name="recordSize">Bytes of the record.</param>
    /// <param name="record">As the state directory has it: afterwards it does not change.</param>
    public static string Text(ProcessIdentity init, ulong inode, int recordSize, StateRecord record)
    {
        string process = init.Pid.ToString() + " " + init.StartTime.ToString();
        string owner = record.Owner.ToString() + " " + inode.ToString() + " " + recordSize.ToString();
        string all = string.Join('\n', process, owner, record.Created, record.Cgroup ?? "", record.Bundle);

        // The bundle is the last and may have lines, but a cgroup that has some would be taken for more.
        bool isClear = record.Cgroup is null || !record.Cgroup.Contains('\n', StringComparison.Ordinal);
        return isClear && Encoding.UTF8.GetByteCount(all) <= Longest ? all : process;
    }

    /// <summary>Reads a link.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="link">Parts of <paramref name="text"/>.</param>
    /// <returns>False when it names no process.</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, out InitFile link)
    {
        ReadOnlySpan<byte> rest = text;
        link = default;
        if (ProcessIdentity.Parse(Line(ref rest)) is not ProcessIdentity init)
        {
            return false;
        }

        ReadOnlySpan<byte> numbers = Line(ref rest);
        bool hasOwner = TryNumber(ref numbers, out ulong owner) && owner <= uint.MaxValue;
        _ = TryNumber(ref numbers, out ulong inode);
        _ = TryNumber(ref numbers, out ulong size);
        ReadOnlySpan<byte> created = Line(ref rest);
        ReadOnlySpan<byte> cgroup = Line(ref rest);
        SummaryTexts texts = hasOwner
            ? new SummaryTexts { Owner = (uint)owner, Created = created, Cgroup = cgroup, Bundle = rest } : default;
        link = new InitFile { Init = init, Inode = inode, RecordSize = (int)ulong.Min(size, int.MaxValue), Texts = texts };
        return true;
    }

    private static bool TryNumber(scoped ref ReadOnlySpan<byte> line, out ulong number)
    {
        bool isNumber = Utf8Parser.TryParse(line, out number, out int digits);
        line = digits < line.Length ? line[(digits + 1)..] : default;
        return isNumber;
    }

    private static ReadOnlySpan<byte> Line(scoped ref ReadOnlySpan<byte> rest)
    {
        int end = rest.IndexOf((byte)'\n');
        ReadOnlySpan<byte> line = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[(end + 1)..];
        return line;
    }
}

/// <summary>What the table of <c>list</c> shows of a record: plain UTF-8, which must be escaped before it goes into JSON.</summary>
public readonly ref struct SummaryTexts
{
    /// <summary>User id of who created the container.</summary>
    public required uint Owner { get; init; }

    /// <summary>Time of create: RFC 3339 with nanoseconds, UTC.</summary>
    public required ReadOnlySpan<byte> Created { get; init; }

    /// <summary>Path of the cgroup below the cgroup2 mount; empty without one.</summary>
    public required ReadOnlySpan<byte> Cgroup { get; init; }

    /// <summary>Absolute path of the bundle.</summary>
    public required ReadOnlySpan<byte> Bundle { get; init; }

    /// <summary>The texts of a record, which has no escapes in them.</summary>
    public static SummaryTexts Of(RecordSummary record) =>
        new() { Owner = record.Owner, Created = record.Created, Cgroup = record.Cgroup, Bundle = record.Bundle };
}
