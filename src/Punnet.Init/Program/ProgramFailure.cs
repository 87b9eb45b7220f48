using System;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

/// <summary>Why a file cannot be executed, where execve(2) and access(2) have one errno for many causes.</summary>
public enum ProgramCause
{
    /// <summary>Unknown.</summary>
    None,

    /// <summary>EACCES: the user has no search permission for the named directory.</summary>
    Directory,

    /// <summary>EACCES: no execute bit is set.</summary>
    Mode,

    /// <summary>EACCES: the execute bits do not apply to the user.</summary>
    User,

    /// <summary>EACCES: its mount has noexec.</summary>
    Mount,

    /// <summary>ENOEXEC: it is empty.</summary>
    Empty,

    /// <summary>ENOEXEC: neither an ELF file nor a first line with an interpreter.</summary>
    NoFirstLine,

    /// <summary>ENOEXEC: an ELF file; the name is e_machine, two bytes, the lower one first.</summary>
    Machine,

    /// <summary>The interpreter in the first line does not exist, or cannot be executed.</summary>
    FirstLine,

    /// <summary>The loader (PT_INTERP) does not exist, or cannot be executed.</summary>
    ElfHeader,

    /// <summary>The same for the interpreter's interpreter.</summary>
    Chain,
}

/// <summary>
/// Examines a program that could not be executed: as the program's user, in the container, and never more than the heads of six regular
/// files. A filter that is loaded by now may refuse that; then nothing is named.
/// </summary>
public static class ProgramFailure
{
    /// <summary>The item of a failure is the candidate plus this times the cause.</summary>
    public const int CauseUnit = 0x10000;

    private const int Limit = 4096; // PATH_MAX
    private const int HeadSize = 256; // BINPRM_BUF_SIZE
    private const int Depth = 5; // Interpreters that execve(2) follows.

    /// <summary>Ends this process: no candidate can be executed.</summary>
    [DoesNotReturn]
    internal static void Find(ReadOnlySpan<byte> path, int candidate, Errno errno, InitReport report)
    {
        FailureName name = default;
        ProgramCause cause = errno == Errno.EACCES ? OfAccess(path, ref name) : ProgramCause.None;
        report.Fail(InitStep.FindProgram, candidate + ((int)cause * CauseUnit), errno, name);
    }

    /// <summary>Ends this process: execve(2) has failed.</summary>
    [DoesNotReturn]
    internal static void Run(ReadOnlySpan<byte> path, int candidate, Errno errno, InitReport report)
    {
        FailureName name = default;
        ProgramCause cause = errno is Errno.ENOENT or Errno.EACCES or Errno.ENOEXEC or Errno.ELOOP
            ? OfFile(path, errno, ref name)
            : ProgramCause.None;
        bool isInterpreter = cause >= ProgramCause.FirstLine
            || (errno == Errno.ENOENT && Sys.Faccessat(Sys.WorkingDirectory, path, AccessMode.Exists) == Errno.None);
        report.Fail(
            isInterpreter ? InitStep.ExecuteInterpreter : InitStep.Execute, candidate + ((int)cause * CauseUnit), errno, name);
    }

    private static ProgramCause OfAccess(ReadOnlySpan<byte> path, ref FailureName name)
    {
        Errno errno = Sys.Openat(Sys.WorkingDirectory, path, OpenFlags.Path, 0, out int file);
        if (errno == Errno.EACCES)
        {
            return OfDirectory(path, ref name);
        }

        if (errno != Errno.None || Sys.Statx(file, out FileStatus status) != Errno.None)
        {
            return ProgramCause.None;
        }

        if ((status.Mode & Permissions.AnyExecute) == 0)
        {
            return ProgramCause.Mode;
        }

        bool isKnown = Sys.FstatfsFlags(file, out MountAttributes attributes) == Errno.None;
        return isKnown && (attributes & MountAttributes.NoExec) != MountAttributes.None ? ProgramCause.Mount : ProgramCause.User;
    }

    private static ProgramCause OfDirectory(ReadOnlySpan<byte> path, ref FailureName name)
    {
        Span<byte> prefix = stackalloc byte[Limit];
        for (int i = 1; i < path.Length - 1 && i < Limit; i++)
        {
            if (path[i] == '/')
            {
                path[..i].CopyTo(prefix);
                prefix[i] = 0;
                if (Sys.Faccessat(Sys.WorkingDirectory, prefix[..(i + 1)], AccessMode.Execute) == Errno.EACCES)
                {
                    name.Set(path[..i]);
                    return ProgramCause.Directory;
                }
            }
        }

        return ProgramCause.None;
    }

    // Follows the interpreters as execve(2) does, to the first that cannot be executed.
    private static ProgramCause OfFile(ReadOnlySpan<byte> path, Errno refusal, ref FailureName name)
    {
        if (path.Length > Limit)
        {
            return ProgramCause.None;
        }

        Span<byte> next = stackalloc byte[Limit];
        path.CopyTo(next);
        int length = path.Length;
        ProgramCause of = ProgramCause.None;
        for (int i = 0; i < Depth; i++)
        {
            ProgramCause cause = ReadHead(next[..length], refusal, next, out length);
            if (cause < ProgramCause.FirstLine)
            {
                if (i > 0)
                {
                    return refusal == Errno.ENOEXEC ? of : ProgramCause.None;
                }

                name.Set(next[..length]);
                return cause;
            }

            of = i == 0 ? cause : ProgramCause.Chain;
            name.Set(next[..(length - 1)]);
            Errno errno = Sys.Statx(Sys.WorkingDirectory, next[..length], out FileStatus status);
            if (errno != Errno.None || !status.Is(FileMode.Regular)
                || Sys.Faccessat(Sys.WorkingDirectory, next[..length], AccessMode.Execute) != Errno.None)
            {
                return of;
            }
        }

        return ProgramCause.None;
    }

    // The file's interpreter, with NUL.
    private static ProgramCause ReadHead(ReadOnlySpan<byte> path, Errno refusal, Span<byte> interpreter, out int length)
    {
        length = 0;
        const OpenFlags Flags = OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal;
        if (Sys.Openat(Sys.WorkingDirectory, path, Flags, 0, out int file) != Errno.None)
        {
            return ProgramCause.None;
        }

        ProgramCause cause = ReadHead(file, refusal, interpreter, out length);
        Sys.Close(file);
        return cause;
    }

    /// <summary>What the kernel will read first of a program: what is wrong with it, or its interpreter.</summary>
    /// <param name="file">Opened for reading.</param>
    /// <param name="refusal">ENOEXEC asks for the machine of an ELF file, anything else for its loader.</param>
    /// <param name="interpreter">Gets the path with NUL, or e_machine; 4096 bytes.</param>
    /// <param name="length">How much of that is used.</param>
    /// <returns>
    /// <see cref="ProgramCause.FirstLine"/> or <see cref="ProgramCause.ElfHeader"/> where it has an interpreter,
    /// <see cref="ProgramCause.Machine"/> for an ELF file without.
    /// </returns>
    public static ProgramCause ReadHead(int file, Errno refusal, Span<byte> interpreter, out int length)
    {
        length = 0;
        Span<byte> head = stackalloc byte[HeadSize];
        ProgramCause cause = ProgramCause.None;
        if (Sys.Statx(file, out FileStatus status) == Errno.None && status.Is(FileMode.Regular)
            && Sys.Pread64(file, head, 0, out int count) == Errno.None)
        {
            head = head[..count];
            cause = head.IsEmpty ? ProgramCause.Empty
                : head.StartsWith("#!"u8) ? FirstLine(head[2..], interpreter, out length)
                : head.StartsWith("\x7f"u8 + "ELF"u8) ? Loader(file, head, refusal, interpreter, out length)
                : ProgramCause.NoFirstLine;
        }

        return cause;
    }

    private static ProgramCause FirstLine(ReadOnlySpan<byte> line, Span<byte> interpreter, out int length)
    {
        line = line.TrimStart(" \t"u8);
        length = line.IndexOfAny(" \t\n\0"u8);
        length = length < 0 ? line.Length : length;
        line[..length].CopyTo(interpreter);
        interpreter[length++] = 0;
        return length > 1 ? ProgramCause.FirstLine : ProgramCause.NoFirstLine;
    }

    // elf(5): the segment PT_INTERP.
    private static ProgramCause Loader(int file, ReadOnlySpan<byte> head, Errno refusal, Span<byte> interpreter, out int length)
    {
        const int WideHeader = 64, Interpreter = 3, MostSegments = 64;
        length = 0;
        if (head.Length < WideHeader)
        {
            return ProgramCause.None;
        }

        bool isWide = head[4] == 2, isBig = head[5] == 2;
        long table = isWide ? (long)Number(head[32..], 8, isBig) : (long)Number(head[28..], 4, isBig);
        int size = (int)Number(head[(isWide ? 54 : 42)..], 2, isBig);
        int count = (int)Number(head[(isWide ? 56 : 44)..], 2, isBig);
        Span<byte> segment = stackalloc byte[56];
        for (int i = 0; i < count && i < MostSegments && refusal != Errno.ENOEXEC; i++)
        {
            if (Sys.Pread64(file, segment, table + (i * size), out int read) != Errno.None || read < segment.Length)
            {
                break;
            }

            if (Number(segment, 4, isBig) == Interpreter)
            {
                long offset = isWide ? (long)Number(segment[8..], 8, isBig) : (long)Number(segment[4..], 4, isBig);
                ulong bytes = isWide ? Number(segment[32..], 8, isBig) : Number(segment[16..], 4, isBig);
                if (bytes is < 2 or > HeadSize
                    || Sys.Pread64(file, interpreter[..(int)bytes], offset, out length) != Errno.None || length < 2)
                {
                    break;
                }

                interpreter[length - 1] = 0;
                return ProgramCause.ElfHeader;
            }
        }

        BinaryPrimitives.WriteUInt16LittleEndian(interpreter, (ushort)Number(head[18..], 2, isBig));
        length = 2;
        return ProgramCause.Machine;
    }

    private static ulong Number(ReadOnlySpan<byte> bytes, int size, bool isBig)
    {
        ulong number = 0;
        for (int i = 0; i < size; i++)
        {
            number = (number << 8) | bytes[isBig ? i : size - 1 - i];
        }

        return number;
    }
}
