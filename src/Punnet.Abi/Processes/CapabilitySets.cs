namespace Punnet.Abi;

/// <summary>The five sets of capabilities(7), one bit a capability.</summary>
/// <param name="Bounding">What a file may ever grant.</param>
/// <param name="Effective">What counts now.</param>
/// <param name="Permitted">What may become effective.</param>
/// <param name="Inheritable">What exec may pass on through file capabilities.</param>
/// <param name="Ambient">What exec passes on to a program without file capabilities.</param>
public readonly record struct CapabilitySets(ulong Bounding, ulong Effective, ulong Permitted, ulong Inheritable, ulong Ambient);
