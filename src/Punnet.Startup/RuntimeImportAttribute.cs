namespace System.Runtime;

/// <summary>
/// Makes a method a bare call of a C function, without runtime transitions: it works before the .NET runtime has started, and while a
/// collection stops every thread. The ahead-of-time compiler knows the attribute by its name; that of the class library is internal.
/// </summary>
/// <param name="entryPoint">The C name.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RuntimeImportAttribute(string entryPoint) : Attribute
{
    /// <summary>The C name.</summary>
    public string EntryPoint { get; } = entryPoint;
}
