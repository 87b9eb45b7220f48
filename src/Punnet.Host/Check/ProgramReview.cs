using System;
using System.Collections.Immutable;
using System.Text;
using Punnet.Abi;
using Punnet.Host.Errors;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Check;

/// <summary>
/// Whether the program, its interpreters and its working directory are in the container, in the words of a create and a start.
/// </summary>
internal static class ProgramReview
{
    private const int Depth = 5; // Interpreters that execve(2) follows.

    /// <summary>Reviews a program.</summary>
    /// <param name="document">Gets what is found.</param>
    /// <param name="plan">The program.</param>
    /// <param name="at">Its place in the document with a dot behind it, or empty.</param>
    /// <param name="tree">The container's files.</param>
    public static void Of(CheckedDocument document, ProcessPlan plan, string at, ContainerTree tree)
    {
        if (document.IsWritten(at + "args") || document.IsWritten(at + "args[0]"))
        {
            Program(document, plan, at + "args[0]", tree);
        }

        TreePlace place = tree.Find(plan.Cwd.ToString());
        using Descriptor? directory = place.File;
        if (document.IsWritten(at + "cwd") && directory is not null && !StatusOf(directory).Is(FileMode.Directory))
        {
            Note(document, ErrorMessages.Of(plan, Failure(InitStep.WorkingDirectory, 0, ProgramCause.None, Errno.ENOTDIR)), at + "cwd");
        }
    }

    /// <summary>Notes an error, without the place that its sentence has already.</summary>
    public static void Note(CheckedDocument document, PunnetException error, string place)
    {
        string end = place.StartsWith("process.", StringComparison.Ordinal) ? place : "process." + place;
        document.Error(
            place,
            error.Message.Replace(" (" + place + ")", "", StringComparison.Ordinal).Replace(" (" + end + ")", "", StringComparison.Ordinal),
            error.Hint);
    }

    // As ProcessSetup.FindProgram chooses.
    private static void Program(CheckedDocument document, ProcessPlan plan, string place, ContainerTree tree)
    {
        bool isSearched = !plan.Args[0].Text.Contains((byte)'/');
        Errno found = Errno.ENOENT;
        int refused = 0;
        ProgramCause cause = ProgramCause.None;
        for (int i = 0; i < plan.Candidates.Length; i++)
        {
            string path = plan.Candidates[i].ToString();
            TreePlace candidate = tree.Find(path.StartsWith('/') ? path : plan.Cwd + "/" + path);
            using Descriptor? file = candidate.File;
            if (candidate.IsUnknown || candidate.Errno == Errno.EACCES)
            {
                return; // A mount that only the container will have, or closed to who checks.
            }

            Errno errno = file is null ? candidate.Errno : Refusal(file, out cause);
            if (errno == Errno.None)
            {
                Interpreters(document, plan, place, i, tree, file!);
                return;
            }

            if (errno == Errno.EACCES || !isSearched)
            {
                (found, refused) = (errno, i);
            }
        }

        cause = found == Errno.EACCES ? cause : ProgramCause.None;
        Note(document, ErrorMessages.Of(plan, Failure(InitStep.FindProgram, refused, cause, found)), place);
    }

    private static Errno Refusal(Descriptor file, out ProgramCause cause)
    {
        FileStatus status = StatusOf(file);
        cause = ProgramCause.Mode;
        return status.Is(FileMode.Directory) ? Errno.EISDIR
            : !status.Is(FileMode.Regular) || (status.Mode & Permissions.AnyExecute) == 0 ? Errno.EACCES
            : Errno.None;
    }

    // Follows the interpreters as execve(2) does, to the first that is not there.
    private static void Interpreters(
        CheckedDocument document, ProcessPlan plan, string place, int candidate, ContainerTree tree, Descriptor program)
    {
        byte[] name = new byte[4096];
        using Descriptor first = OpenForReading(program);
        Descriptor? next = null;
        ProgramCause of = ProgramCause.None;
        try
        {
            for (int i = 0; i < Depth; i++)
            {
                int file = (next ?? first).Number;
                ProgramCause cause = ProgramFailure.ReadHead(file, Errno.ENOEXEC, name, out int length);
                if ((cause is ProgramCause.Empty or ProgramCause.NoFirstLine || (cause == ProgramCause.Machine && IsForeign(name)))
                    && !HasOtherFormats())
                {
                    InitStep step = i == 0 ? InitStep.Execute : InitStep.ExecuteInterpreter;
                    Note(document, Refuse(plan, step, candidate, i == 0 ? cause : of, Errno.ENOEXEC, name.AsSpan(0, length)), place);
                    return;
                }

                cause = ProgramFailure.ReadHead(file, Errno.ENOENT, name, out length);
                if (cause is not (ProgramCause.FirstLine or ProgramCause.ElfHeader) || name[0] != (byte)'/')
                {
                    return;
                }

                of = i == 0 ? cause : ProgramCause.Chain;
                TreePlace interpreter = tree.Find(Encoding.UTF8.GetString(name.AsSpan(0, length - 1)));
                using Descriptor? found = interpreter.File;
                Errno errno = found is null ? interpreter.Errno : Refusal(found, out _);
                if (errno is not (Errno.None or Errno.EISDIR))
                {
                    Note(document, Refuse(plan, InitStep.ExecuteInterpreter, candidate, of, errno, name.AsSpan(0, length - 1)), place);
                }

                if (found is null || errno != Errno.None)
                {
                    return;
                }

                next?.Dispose();
                next = OpenForReading(found);
            }
        }
        finally
        {
            next?.Dispose();
        }
    }

    private static FileStatus StatusOf(Descriptor file)
    {
        Sys.Statx(file.Number, out FileStatus status).OrThrow("look at a file of the container");
        return status;
    }

    // By the descriptor, which is known to be a regular file. -1 where who checks may not read it.
    private static Descriptor OpenForReading(Descriptor file)
    {
        Sys.Openat(
            Sys.WorkingDirectory, CString.Of("/proc/self/fd/" + file.Number.ToString()).WithNul, OpenFlags.ReadOnly, 0, out int number);
        return new Descriptor(number);
    }

    // elf(5), e_machine: what this kernel runs without help.
    private static bool IsForeign(byte[] machine)
    {
        int number = machine[0] | (machine[1] << 8);
        return HostProbe.Native switch
        {
            SeccompArchitecture.X86_64 => number is not (3 or 62),
            SeccompArchitecture.AArch64 => number is not (40 or 183),
            _ => false,
        };
    }

    // binfmt_misc: something else may run what this kernel does not.
    private static bool HasOtherFormats()
    {
        Errno errno = Sys.Openat(
            Sys.WorkingDirectory, "/proc/sys/fs/binfmt_misc\0"u8, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out int number);
        using Descriptor directory = new(number);
        const int OwnFiles = 2; // register and status
        return errno == Errno.None && DirectoryListing.All(number).Count > OwnFiles;
    }

    private static PunnetException Refuse(
        ProcessPlan plan, InitStep step, int candidate, ProgramCause cause, Errno errno, ReadOnlySpan<byte> name)
    {
        ChannelMessage failure = Failure(step, candidate, cause, errno);
        failure.Name.Set(name);
        return ErrorMessages.Of(plan, failure);
    }

    private static ChannelMessage Failure(InitStep step, int index, ProgramCause cause, Errno errno) => new()
    {
        Value = (int)step,
        Index = index + ((int)cause * ProgramFailure.CauseUnit),
        Errno = errno,
    };
}
