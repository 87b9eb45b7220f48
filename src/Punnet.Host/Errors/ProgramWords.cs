using System;
using System.Text;
using Punnet.Abi;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Errors;

/// <summary>Sentences for a program that cannot be executed. Engines turn their words into exit codes 126 and 127.</summary>
public static class ProgramWords
{
    /// <summary>The sentence, with its hint.</summary>
    public static PunnetException Of(ProcessPlan plan, ChannelMessage failure)
    {
        ProgramCause cause = (ProgramCause)(failure.Index / ProgramFailure.CauseUnit);
        string path =
            plan.Candidates.IsEmpty ? "" : plan.Candidates[failure.Index % ProgramFailure.CauseUnit].ToString(); // args[0] may be empty
        string name = Encoding.UTF8.GetString(failure.Name.Text);
        string words = failure.Errno.Words();
        string program = "exec: \"" + plan.Args[0] + "\": ";
        return (InitStep)failure.Value switch
        {
            InitStep.FindProgram => new PunnetException(program + (IsSearched(plan) && failure.Errno == Errno.ENOENT
                ? "executable file not found in $PATH (process.args[0])"
                : words + " (process.args[0])"), Refused(cause, path, name, plan)),
            // "exec PATH: WORDS" is what runc leaves in a container's log.
            InitStep.Execute => new PunnetException("exec " + path + ": " + words, Hint(plan, failure.Errno, cause, failure.Name)),
            _ => new PunnetException(
                "the interpreter " + (name.Length == 0 ? "" : name + " ") + "that " + Names(cause, path)
                + (failure.Errno == Errno.ENOENT ? " is not in the container: exec " : " cannot be executed: exec ") + path + ": " + words,
                Interpreter(cause, failure.Errno, name)),
        };
    }

    /// <summary>Why a program of the host cannot be executed, or null.</summary>
    public static string? OfFile(string path, Errno errno) => PathCause.Of(path, errno) ?? errno switch
    {
        Errno.ENOENT when Sys.Faccessat(Sys.WorkingDirectory, CString.Of(path).WithNul, AccessMode.Exists) == Errno.None =>
            "the file is there, but not the interpreter that its first line or ELF header names",
        Errno.EACCES => "it may lack execute permission (chmod +x), or its mount may have noexec",
        Errno.ENOEXEC => "the program is for another machine, or is a script without a #! line",
        Errno.ETXTBSY => "a process has the file open for writing",
        _ => null,
    };

    private static bool IsSearched(ProcessPlan plan) => !plan.Args[0].Text.Contains((byte)'/');

    private static string Names(ProgramCause cause, string path) => cause switch
    {
        ProgramCause.FirstLine => path + " names in its first line",
        ProgramCause.ElfHeader => path + " names in its ELF header",
        ProgramCause.Chain => "an interpreter of " + path + " names",
        _ => path + " names in its first line or ELF header",
    };

    private static string? Interpreter(ProgramCause cause, Errno errno, string name) => cause switch
    {
        _ when name.EndsWith('\r') => "the first line ends in CR LF, as Windows writes it, and the CR belongs to the name",
        ProgramCause.ElfHeader when errno == Errno.ENOENT => "a program needs the loader, and mostly the C library, that it was linked for",
        _ when errno == Errno.ELOOP => "an interpreter may be a script itself, but only so many times",
        _ when errno == Errno.ENOEXEC => "it is for another machine",
        _ => null,
    };

    private static string? Refused(ProgramCause cause, string path, string name, ProcessPlan plan) => cause switch
    {
        ProgramCause.Directory => "the directory " + name + " cannot be searched by user " + plan.Uid.ToString(),
        ProgramCause.Mode => path + " has no execute permission (chmod +x)",
        ProgramCause.User => path + " has execute permission, but not for user " + plan.Uid.ToString() + " and its groups",
        ProgramCause.Mount => "the mount that " + path + " is on has noexec",
        _ => null,
    };

    private static string? Hint(ProcessPlan plan, Errno errno, ProgramCause cause, FailureName name) => errno switch
    {
        Errno.ENOEXEC => cause switch
        {
            ProgramCause.Empty => "the file is empty",
            ProgramCause.NoFirstLine => "it is neither an ELF file, nor has it a first line with #! and an interpreter",
            ProgramCause.Machine when name.Text.Length == 2 => Machine(name.Text[0] | (name.Text[1] << 8)),
            _ => "the program is for another machine, or is a script without a #! line",
        },
        Errno.EACCES or Errno.EPERM when !plan.SelinuxLabel.IsNull =>
            "the SELinux policy may not let punnet start a program as " + plan.SelinuxLabel + " (process.selinuxLabel)",
        Errno.ELOOP => "it is a script, and its interpreter is one too, and so on for too long",
        Errno.ETXTBSY => "a process has the file open for writing",
        Errno.E2BIG => TooBig(plan),
        Errno.ENOSYS => ErrorMessages.OfAgent(plan),
        Errno.EAGAIN => "user " + plan.Uid.ToString() + " has as many processes as RLIMIT_NPROC allows (process.rlimits)",
        _ => null,
    };

    // execve(2), "Limits on size of arguments and environment".
    private static string TooBig(ProcessPlan plan)
    {
        const int LongestString = 128 * 1024; // MAX_ARG_STRLEN: 32 pages of 4 KiB
        long sum = 0;
        for (int i = 0; i < plan.Args.Length + plan.Env.Length; i++)
        {
            CString text = i < plan.Args.Length ? plan.Args[i] : plan.Env[i - plan.Args.Length];
            if (text.WithNul.Length > LongestString)
            {
                string place = i < plan.Args.Length ? "process.args[" + i.ToString() : "process.env[" + (i - plan.Args.Length).ToString();
                return place + "] has " + text.Text.Length.ToString() + " bytes, and one string may have 131071";
            }

            sum += text.WithNul.Length + IntPtr.Size;
        }

        return "args and env have " + sum.ToString() + " bytes, and may have a quarter of RLIMIT_STACK, 6 MiB at most";
    }

    private static string Machine(int number)
    {
        string name = number switch
        {
            3 => "x86 (32 bit)",
            8 => "MIPS",
            20 or 21 => "PowerPC",
            22 => "S/390",
            40 => "ARM (32 bit)",
            62 => "x86-64",
            183 => "ARM64",
            243 => "RISC-V",
            258 => "LoongArch",
            _ => "another machine, ELF number " + number.ToString(),
        };
        return "the program is for " + name + ", and this kernel does not run it";
    }
}
