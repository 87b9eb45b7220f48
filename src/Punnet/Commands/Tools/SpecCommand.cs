using Punnet.Abi;
using Punnet.Cli;
using Punnet.Host;
using Punnet.Kernel;
using Punnet.Spec;

namespace Punnet.Commands;

/// <summary><c>spec</c>: writes a config.json to start from.</summary>
internal static class SpecCommand
{
    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "spec",
        Arguments = "",
        Summary = "write a config.json to start from",
        Examples = "punnet spec --bundle /srv/web\npunnet spec --rootless",
        Options =
        [
            new("bundle", "b", "DIR", "the bundle's directory (default: the working directory)"),
            new("rootless", "", "", "for an ordinary user"),
        ],
        MinArguments = 0,
        MaxArguments = 0,
        Run = new(Run),
    };

    private static int Run(GlobalOptions globals, CommandLine line)
    {
        string directory = line.Value("bundle") ?? ".";
        Config config = line.Has("rootless")
            ? SpecTemplate.Rootless(Sys.Geteuid(), Sys.Getegid())
            : SpecTemplate.Default();
        using Descriptor bundle = Descriptor.Open(directory, OpenFlags.Path | OpenFlags.Directory);
        const OpenFlags Fresh = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive;
        Errno errno = Sys.Openat(bundle.Number, "config.json\0"u8, Fresh, Permissions.Mode0666, out int file);
        if (errno == Errno.EEXIST)
        {
            throw new PunnetException("File config.json exists. Remove it first");
        }

        errno.OrThrow("make config.json in", directory);
        using Descriptor owned = new(file);
        Sys.WriteAll(file, ConfigWriter.Write(config)).OrThrow("write config.json in", directory);
        return 0;
    }
}
