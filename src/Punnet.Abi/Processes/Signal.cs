namespace Punnet.Abi;

/// <summary>signal(7), numbers of x86 and ARM.</summary>
public enum Signal
{
    /// <summary>No signal: kill(2) only checks that the process exists.</summary>
    None = 0,

    /// <summary>SIGHUP.</summary>
    Hangup = 1,

    /// <summary>SIGINT.</summary>
    Interrupt = 2,

    /// <summary>SIGQUIT.</summary>
    Quit = 3,

    /// <summary>SIGILL.</summary>
    IllegalInstruction = 4,

    /// <summary>SIGTRAP.</summary>
    Trap = 5,

    /// <summary>SIGABRT.</summary>
    Abort = 6,

    /// <summary>SIGBUS.</summary>
    BusError = 7,

    /// <summary>SIGFPE.</summary>
    ArithmeticError = 8,

    /// <summary>SIGKILL.</summary>
    Kill = 9,

    /// <summary>SIGSEGV.</summary>
    SegmentationFault = 11,

    /// <summary>SIGPIPE.</summary>
    BrokenPipe = 13,

    /// <summary>SIGTERM.</summary>
    Terminate = 15,

    /// <summary>SIGCHLD.</summary>
    Child = 17,

    /// <summary>SIGCONT.</summary>
    Continue = 18,

    /// <summary>SIGSTOP.</summary>
    Stop = 19,

    /// <summary>SIGURG.</summary>
    Urgent = 23,

    /// <summary>SIGXFSZ: a write exceeds RLIMIT_FSIZE.</summary>
    FileTooLarge = 25,

    /// <summary>SIGWINCH.</summary>
    WindowChange = 28,

    /// <summary>SIGSYS: the last standard signal.</summary>
    BadSystemCall = 31,
}
