using System;
using System.Buffers.Text;
using System.Text;
using Punnet.Kernel;
using Punnet.Spec;

namespace Punnet.Host.State;

/// <summary>
/// The table of <c>list</c>. The width of a column is known only with the last row, so the text of all rows is kept, and no more.
/// </summary>
public sealed class ContainerTable
{
    private const int Columns = 6, BundleColumn = 3;
    private const int Least = 12, Gap = 3; // blanks, as runc has them
    private readonly int[] _widths = new int[Columns];
    private byte[] _cells;
    private int _length;
    private int _column;

    /// <summary>A table that has nothing but its heading.</summary>
    /// <param name="expected">How many rows it will have, about.</param>
    public ContainerTable(int expected)
    {
        const int Row = 160; // bytes
        _cells = new byte[(expected + 1) * Row];
        _widths.AsSpan().Fill(Least);
        Add("ID");
        Add("PID");
        Add("STATUS");
        Add("BUNDLE");
        Add("CREATED");
        Add("OWNER");
    }

    /// <summary>Adds a container.</summary>
    public void Add(ContainerState state)
    {
        Add(state.Id);
        Add(state.Pid);
        Add(state.Status);
        Add(state.Bundle);
        Add(state.Created);
        Add(state.Owner);
    }

    /// <summary>Adds a container.</summary>
    public void Add(string id, int pid, string status, SummaryTexts texts, string owner)
    {
        Add(id);
        Add(pid);
        Add(status);
        Add(texts.Bundle);
        Add(texts.Created);
        Add(owner);
    }

    /// <summary>Writes the table to standard output.</summary>
    /// <exception cref="SysException">Standard output is closed.</exception>
    public void Write()
    {
        byte[] lines = new byte[16384];
        int filled = 0;
        ReadOnlySpan<byte> rest = _cells.AsSpan(0, _length);
        for (int column = 0; !rest.IsEmpty; column = (column + 1) % Columns)
        {
            int end = rest.IndexOf((byte)0);
            ReadOnlySpan<byte> cell = rest[..end];
            rest = rest[(end + 1)..];
            int blanks = column == Columns - 1 ? 0 : _widths[column] - Encoding.UTF8.GetCharCount(cell);
            int needed = cell.Length + blanks + 1;
            if (needed > lines.Length - filled)
            {
                Output.Write(lines.AsSpan(0, filled));
                filled = 0;
                lines = needed > lines.Length ? new byte[needed] : lines;
            }

            cell.CopyTo(lines.AsSpan(filled));
            lines.AsSpan(filled + cell.Length, blanks).Fill((byte)' ');
            filled += cell.Length + blanks;
            if (column == Columns - 1)
            {
                lines[filled++] = (byte)'\n';
            }
        }

        Output.Write(lines.AsSpan(0, filled));
    }

    private void Add(string text)
    {
        Encoding.UTF8.TryGetBytes(text, Room(Encoding.UTF8.GetMaxByteCount(text.Length)), out int length);
        End(length, text.Length);
    }

    private void Add(ReadOnlySpan<byte> text)
    {
        text.CopyTo(Room(text.Length));
        End(text.Length, Encoding.UTF8.GetCharCount(text));
    }

    private void Add(int number)
    {
        const int Digits = 11;
        Utf8Formatter.TryFormat(number, Room(Digits), out int length);
        End(length, length);
    }

    // Room for a cell and the NUL at its end, which no text of ours holds.
    private Span<byte> Room(int length)
    {
        if (_cells.Length - _length <= length)
        {
            Array.Resize(ref _cells, Math.Max(_cells.Length * 2, _length + length + 1));
        }

        return _cells.AsSpan(_length);
    }

    private void End(int length, int characters)
    {
        if (_column == BundleColumn)
        {
            HideControls(_cells.AsSpan(_length, length));
        }

        _length += length;
        _cells[_length++] = 0;
        _widths[_column] = Math.Max(_widths[_column], characters + Gap);
        _column = (_column + 1) % Columns;
    }

    // The one cell with text from outside: a line end in it would make another row.
    private static void HideControls(Span<byte> cell)
    {
        for (int odd = cell.IndexOfAnyInRange((byte)0, (byte)0x1F); odd >= 0; odd = cell.IndexOfAnyInRange((byte)0, (byte)0x1F))
        {
            cell[odd] = (byte)'?';
        }
    }
}
