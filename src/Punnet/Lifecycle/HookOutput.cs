using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Host;
using Punnet.Kernel;

namespace Punnet.Lifecycle;

/// <summary>crun's annotations run.oci.hooks.stdout and run.oci.hooks.stderr: files for the output of hooks.</summary>
internal static class HookOutput
{
    /// <summary>Opens the file for one of the two streams.</summary>
    /// <param name="annotations">Of the container.</param>
    /// <param name="stream">stdout or stderr.</param>
    /// <returns>The file, or null where none is named.</returns>
    /// <exception cref="PunnetException">It cannot be written.</exception>
    public static Descriptor? Open(IReadOnlyDictionary<string, string> annotations, string stream)
    {
        string name = "run.oci.hooks." + stream;
        if (!annotations.TryGetValue(name, out string? path) || path.Length == 0)
        {
            return null;
        }

        Errno errno = HostFile.OpenForAppend(path, out int file);
        return errno == Errno.None
            ? new Descriptor(file)
            : throw new PunnetException("cannot open " + path + " for what hooks print (annotations[\"" + name + "\"]): " + errno.Words());
    }
}
