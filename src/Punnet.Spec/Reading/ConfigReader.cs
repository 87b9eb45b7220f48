using System;
using System.Collections.Generic;

namespace Punnet.Spec;

/// <summary>
/// Reads the documents of users and engines. Knows the types and number ranges of runtime-spec 1.3 (specs-go/config.go)
/// and nothing else: whether a value makes sense is for Punnet.Plan. Names are matched exactly; of equal names the last one wins;
/// properties that the specification does not have are skipped.
/// </summary>
public static partial class ConfigReader
{
    /// <summary>Reads a bundle's config.json: config.md.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <param name="unknown">Collects properties that the specification does not have.</param>
    /// <returns>The document as written.</returns>
    /// <exception cref="SpecException">Not JSON, or a value of a wrong type or out of its range.</exception>
    public static Config ReadConfig(ReadOnlySpan<byte> utf8, UnknownProperties? unknown = null) =>
        JsonPathReader.ReadDocument<Config>(utf8, unknown, new(ReadConfig));

    /// <summary>Reads a list of strings, such as an annotation holds.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <exception cref="SpecException">Not JSON, or not a list of strings.</exception>
    public static IReadOnlyList<string> ReadStrings(ReadOnlySpan<byte> utf8) => JsonPathReader.ReadStrings(utf8);

    /// <summary>Reads what <c>mounts</c> is given: a list as config.md#mounts.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <param name="unknown">Collects properties that the specification does not have.</param>
    /// <exception cref="SpecException">Not JSON, or a value of a wrong type.</exception>
    public static IReadOnlyList<Mount> ReadMounts(ReadOnlySpan<byte> utf8, UnknownProperties? unknown = null) =>
        JsonPathReader.ReadList<Mount>(utf8, unknown, new(ReadMount));

    /// <summary>Checks that a text is JSON, whatever it says.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <exception cref="SpecException">It is not; line and column say where.</exception>
    public static void CheckSyntax(ReadOnlySpan<byte> utf8) => JsonPathReader.ReadDocument<string>(utf8, null, new(Skip));

    /// <summary>Reads what <c>exec --process</c> is given: config.md#process.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <param name="unknown">Collects properties that the specification does not have.</param>
    /// <returns>The document as written.</returns>
    /// <exception cref="SpecException">Not JSON, or a value of a wrong type or out of its range.</exception>
    public static Process ReadProcess(ReadOnlySpan<byte> utf8, UnknownProperties? unknown = null) =>
        JsonPathReader.ReadDocument<Process>(utf8, unknown, new(ReadProcess));

    /// <summary>Reads a profile that stands alone: config-linux.md#seccomp.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <param name="unknown">Collects properties that the specification does not have.</param>
    /// <returns>The document as written.</returns>
    /// <exception cref="SpecException">Not JSON, or a value of a wrong type or out of its range.</exception>
    public static Seccomp ReadSeccomp(ReadOnlySpan<byte> utf8, UnknownProperties? unknown = null) =>
        JsonPathReader.ReadDocument<Seccomp>(utf8, unknown, new(ReadSeccomp));

    /// <summary>Reads what <c>update --resources</c> is given: config-linux.md#control-groups.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <param name="unknown">Collects properties that the specification does not have.</param>
    /// <returns>The document as written.</returns>
    /// <exception cref="SpecException">Not JSON, or a value of a wrong type or out of its range.</exception>
    public static Resources ReadResources(ReadOnlySpan<byte> utf8, UnknownProperties? unknown = null) =>
        JsonPathReader.ReadDocument<Resources>(utf8, unknown, new(ReadResources));

    private static string Skip(ref JsonPathReader cursor)
    {
        cursor.Skip();
        return "";
    }

    private static Config ReadConfig(ref JsonPathReader cursor)
    {
        string? ociVersion = null, hostname = null, domainname = null;
        Root? root = null;
        IReadOnlyList<Mount> mounts = [];
        Process? process = null;
        Hooks? hooks = null;
        IReadOnlyDictionary<string, string>? annotations = null;
        Linux? linux = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "ociVersion": ociVersion = cursor.String(); break;
                case "root": root = cursor.Optional<Root>(new(ReadRoot)); break;
                case "mounts": mounts = cursor.List<Mount>(new(ReadMount)); break;
                case "process": process = cursor.Optional<Process>(new(ReadProcess)); break;
                case "hostname": hostname = cursor.String(); break;
                case "domainname": domainname = cursor.String(); break;
                case "hooks": hooks = cursor.Optional<Hooks>(new(ReadHooks)); break;
                case "annotations": annotations = cursor.StringMap(); break;
                case "linux": linux = cursor.Optional<Linux>(new(ReadLinux)); break;
                case "freebsd" or "solaris" or "vm" or "windows" or "zos": cursor.Skip(); break;
                default: cursor.SkipUnknown("ociVersion root mounts process hostname domainname hooks annotations linux"); break;
            }
        }

        return new Config
        {
            OciVersion = ociVersion,
            Root = root,
            Mounts = mounts,
            Process = process,
            Hostname = hostname,
            Domainname = domainname,
            Hooks = hooks,
            Annotations = annotations ?? new Dictionary<string, string>(),
            Linux = linux,
        };
    }

    private static Root ReadRoot(ref JsonPathReader cursor)
    {
        string? path = null;
        bool isReadonly = false;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "path": path = cursor.String(); break;
                case "readonly": isReadonly = cursor.Boolean(); break;
                default: cursor.SkipUnknown("path readonly"); break;
            }
        }

        return new Root { Path = path, Readonly = isReadonly };
    }

    private static Mount ReadMount(ref JsonPathReader cursor)
    {
        string? destination = null, type = null, source = null;
        IReadOnlyList<string> options = [];
        IReadOnlyList<IdMapping> uidMappings = [], gidMappings = [];
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "destination": destination = cursor.String(); break;
                case "type": type = cursor.String(); break;
                case "source": source = cursor.String(); break;
                case "options": options = cursor.Strings(); break;
                case "uidMappings": uidMappings = cursor.List<IdMapping>(new(ReadIdMapping)); break;
                case "gidMappings": gidMappings = cursor.List<IdMapping>(new(ReadIdMapping)); break;
                default: cursor.SkipUnknown("destination type source options uidMappings gidMappings"); break;
            }
        }

        return new Mount
        {
            Destination = destination,
            Type = type,
            Source = source,
            Options = options,
            UidMappings = uidMappings,
            GidMappings = gidMappings,
        };
    }

    private static IdMapping ReadIdMapping(ref JsonPathReader cursor)
    {
        uint? containerId = null, hostId = null, size = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "containerID": containerId = cursor.UInt32(); break;
                case "hostID": hostId = cursor.UInt32(); break;
                case "size": size = cursor.UInt32(); break;
                default: cursor.SkipUnknown("containerID hostID size"); break;
            }
        }

        // A misspelt hostID must not map to root on the host.
        return new IdMapping(
            containerId ?? throw cursor.RefuseMissing("containerID"),
            hostId ?? throw cursor.RefuseMissing("hostID"),
            size ?? throw cursor.RefuseMissing("size"));
    }

    private static Hooks ReadHooks(ref JsonPathReader cursor)
    {
        IReadOnlyList<Hook> prestart = [], createRuntime = [], createContainer = [], startContainer = [], poststart = [], poststop = [];
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "prestart": prestart = cursor.List<Hook>(new(ReadHook)); break;
                case "createRuntime": createRuntime = cursor.List<Hook>(new(ReadHook)); break;
                case "createContainer": createContainer = cursor.List<Hook>(new(ReadHook)); break;
                case "startContainer": startContainer = cursor.List<Hook>(new(ReadHook)); break;
                case "poststart": poststart = cursor.List<Hook>(new(ReadHook)); break;
                case "poststop": poststop = cursor.List<Hook>(new(ReadHook)); break;
                default: cursor.SkipUnknown("prestart createRuntime createContainer startContainer poststart poststop"); break;
            }
        }

        return new Hooks
        {
            Prestart = prestart,
            CreateRuntime = createRuntime,
            CreateContainer = createContainer,
            StartContainer = startContainer,
            Poststart = poststart,
            Poststop = poststop,
        };
    }

    /// <summary>Reads one hook; also one of the state record.</summary>
    internal static Hook ReadHook(ref JsonPathReader cursor)
    {
        string? path = null;
        IReadOnlyList<string> args = [];
        IReadOnlyList<string>? env = null;
        long? timeout = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "path": path = cursor.String(); break;
                case "args": args = cursor.Strings(); break;
                case "env": env = cursor.OptionalStrings(); break;
                case "timeout": timeout = cursor.Int64(); break;
                default: cursor.SkipUnknown("path args env timeout"); break;
            }
        }

        return new Hook { Path = path, Args = args, Env = env, Timeout = timeout };
    }
}
