using System;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Spec;

namespace Punnet;

/// <summary>A bundle: a directory with a config.json.</summary>
internal static class BundleFile
{
    /// <summary>Makes the bundle the working directory and reads its config.json.</summary>
    /// <param name="bundle">As given, or null for the working directory.</param>
    /// <param name="log">Gets the properties that nobody knows.</param>
    /// <param name="path">The bundle, absolute and free of links.</param>
    /// <exception cref="PunnetException">The config is not one; the sentence names the place.</exception>
    /// <exception cref="SysException">The bundle or the file cannot be read.</exception>
    public static Config Enter(string? bundle, Log log, out string path)
    {
        if (bundle is not null)
        {
            Sys.ChangeDirectory(CString.Of(bundle).WithNul).OrThrow("enter the bundle", bundle);
        }

        Span<byte> buffer = stackalloc byte[4096];
        Sys.WorkingDirectoryPath(buffer, out int length).OrThrow("find the bundle's path");
        path = Encoding.UTF8.GetString(buffer[..(length - 1)]);
        return Read("config.json", log);
    }

    /// <summary>Reads a config.json.</summary>
    /// <exception cref="PunnetException">The config is not one; the sentence names the place.</exception>
    /// <exception cref="SysException">The file cannot be read.</exception>
    public static Config Read(string file, Log log)
    {
        UnknownProperties? unknown = log.IsDebug ? new UnknownProperties() : null;
        Config config = Refusing(() => SpecJson.ReadConfig(HostFile.Read(file), unknown));
        foreach (UnknownProperty property in unknown?.Found ?? [])
        {
            log.Debug("config.json: ignoring the unknown property " + property.Place
                + (property.Nearest is null ? "" : "; did you mean \"" + property.Nearest + "\"?"));
        }

        return config;
    }

    /// <summary>Does something with a config.json and names the file in its refusals.</summary>
    /// <exception cref="PunnetException">A refusal.</exception>
    public static T Refusing<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (SpecException refusal)
        {
            // An option of the command line is a place too, and not one in config.json.
            throw new PunnetException((refusal.Place.StartsWith("--", StringComparison.Ordinal) ? "" : "config.json: ") + refusal.Message);
        }
    }
}
