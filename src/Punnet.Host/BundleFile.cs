using System;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Host;

/// <summary>A bundle: a directory with a config.json.</summary>
public static class BundleFile
{
    /// <summary>Makes the bundle the working directory and reads its config.json.</summary>
    /// <param name="bundle">As given, or null for the working directory.</param>
    /// <param name="file">Absolute path of the file to read instead of its config.json, or null.</param>
    /// <param name="log">Gets the unknown properties.</param>
    /// <param name="path">The bundle, absolute and free of links.</param>
    /// <exception cref="PunnetException">The config is invalid; the message names the place.</exception>
    /// <exception cref="SysException">The bundle or the file cannot be read.</exception>
    public static Config Enter(string? bundle, string? file, Log log, out string path)
    {
        if (bundle is not null)
        {
            Sys.Chdir(CString.Of(bundle).WithNul).OrThrow("enter the bundle", bundle);
        }

        HostPath.Current(out path).OrThrow("find the bundle's path");
        return Read(file ?? "config.json", isNamed: file is not null, log);
    }

    /// <summary>Reads a config.json.</summary>
    /// <param name="file">Its path.</param>
    /// <param name="isNamed">Whether the caller named it: then punnet waits for its writer.</param>
    /// <param name="log">Gets the unknown properties.</param>
    /// <exception cref="PunnetException">The config is invalid; the message names the place.</exception>
    /// <exception cref="SysException">The file cannot be read.</exception>
    public static Config Read(string file, bool isNamed, Log log)
    {
        UnknownProperties? unknown = log.IsDebug ? new UnknownProperties() : null;
        Config config = Refusing(() => ConfigReader.ReadConfig(isNamed ? HostFile.Read(file) : HostFile.ReadWithinLimit(file), unknown));
        Tell(unknown, "config.json", log);
        return config;
    }

    /// <summary>Reads another document that the command line names.</summary>
    /// <typeparam name="T">What it is.</typeparam>
    /// <param name="path">Its path; <c>-</c> is standard input.</param>
    /// <param name="name">What it is called in a refusal.</param>
    /// <param name="read">Reads it.</param>
    /// <param name="log">Gets unknown properties.</param>
    /// <exception cref="PunnetException">It is refused.</exception>
    /// <exception cref="SysException">It cannot be read.</exception>
    public static T Read<T>(string path, string name, DocumentReader<T> read, Log log)
    {
        byte[] text = path == "-" ? HostFile.Read(0, name) : HostFile.Read(path);
        UnknownProperties? unknown = log.IsDebug ? new UnknownProperties() : null;
        try
        {
            T document = read(text, unknown);
            Tell(unknown, name, log);
            return document;
        }
        catch (SpecException refusal)
        {
            throw new PunnetException(name + ": " + refusal.Message, refusal.Hint);
        }
    }

    /// <summary>Logs the unknown properties.</summary>
    /// <param name="unknown">Properties that a reader has collected, or null.</param>
    /// <param name="name">The document.</param>
    /// <param name="log">Gets a line for each.</param>
    public static void Tell(UnknownProperties? unknown, string name, Log log)
    {
        foreach (UnknownProperty property in unknown?.Found ?? [])
        {
            log.Debug(name + ": ignoring the unknown property " + property.Place
                + (property.Nearest is null ? "" : "; did you mean \"" + property.Nearest + "\"?"));
        }
    }

    /// <summary>Logs the length of the filter, and the parts of a plan that this kernel, or punnet, does not know.</summary>
    public static void Tell(ProcessPlan plan, Log log)
    {
        foreach (string warning in plan.Warnings)
        {
            log.Warn("config.json: " + warning);
        }

        if (log.IsDebug && plan.Seccomp is SeccompPlan compiled)
        {
            log.Debug("linux.seccomp: compiled to " + compiled.Program.Length.ToString() + " instructions");
        }

        if (log.IsDebug && plan.Seccomp is { IgnoredNames.Count: > 0 } filter)
        {
            log.Debug("config.json: linux.seccomp.syscalls: ignoring names that are no system calls: "
                + string.Join(", ", filter.IgnoredNames));
        }
    }

    /// <summary>Runs an action on a config.json and names the file in its refusals.</summary>
    /// <exception cref="PunnetException">A refusal.</exception>
    public static T Refusing<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (SpecException refusal)
        {
            // The place may be an option of the command line, not one in config.json.
            string document = refusal.Place.StartsWith("--", StringComparison.Ordinal) ? "" : "config.json: ";
            throw new PunnetException(document + refusal.Message, refusal.Hint);
        }
    }
}

/// <summary>One of <see cref="ConfigReader"/>'s.</summary>
/// <typeparam name="T">What the document is.</typeparam>
/// <param name="utf8">The whole document.</param>
/// <param name="unknown">Collects properties that the specification does not have; or null.</param>
public delegate T DocumentReader<T>(ReadOnlySpan<byte> utf8, UnknownProperties? unknown);
