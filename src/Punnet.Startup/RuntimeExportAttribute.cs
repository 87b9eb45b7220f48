namespace System.Runtime;

/// <summary>
/// Gives a method a C name, without runtime transitions: unlike one with <see
/// cref="System.Runtime.InteropServices.UnmanagedCallersOnlyAttribute"/> it works before the .NET runtime has started. The ahead-of-time
/// compiler knows the attribute by its name; that of the class library is internal.
/// </summary>
/// <param name="entryPoint">The C name.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RuntimeExportAttribute(string entryPoint) : Attribute
{
    /// <summary>The C name.</summary>
    public string EntryPoint { get; } = entryPoint;
}
