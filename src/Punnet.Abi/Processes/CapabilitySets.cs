namespace Punnet.Abi;

/// <summary>The five sets of capabilities(7), one bit per capability.</summary>
/// <param name="Bounding">What file capabilities can ever grant.</param>
/// <param name="Effective">What the kernel checks.</param>
/// <param name="Permitted">What can become effective.</param>
/// <param name="Inheritable">What execve(2) can pass on through file capabilities.</param>
/// <param name="Ambient">What execve(2) passes on to a program without file capabilities.</param>
public readonly record struct CapabilitySets(ulong Bounding, ulong Effective, ulong Permitted, ulong Inheritable, ulong Ambient);
