namespace Punnet.Spec;

/// <summary>
/// Writes a config.json as <c>runc spec</c> does: a tab a level, properties in the order of specs-go/config.go. What is absent is
/// left out, and so is an empty list where the model does not tell it from an absent one.
/// </summary>
public static partial class ConfigWriter
{
    /// <summary>Writes a config.json: config.md.</summary>
    /// <param name="config">The document.</param>
    /// <returns>UTF-8 without a line end, as runc leaves it.</returns>
    public static byte[] Write(Config config) => new JsonWriter('\t', 1).Document<Config>(config, new(ConfigMembers));

    /// <summary>Writes a profile that stands alone: config-linux.md#seccomp.</summary>
    /// <param name="profile">The document.</param>
    /// <returns>UTF-8 without a line end.</returns>
    public static byte[] WriteSeccomp(Seccomp profile) =>
        new JsonWriter('\t', 1).Document(profile, new WriteMembers<Seccomp>(SeccompMembers));

    private static void ConfigMembers(JsonWriter writer, Config config)
    {
        writer.Text("ociVersion"u8, config.OciVersion);
        writer.Object<Process>("process"u8, config.Process, new(ProcessMembers));
        writer.Object<Root>("root"u8, config.Root, new(RootMembers));
        writer.Text("hostname"u8, config.Hostname);
        writer.Text("domainname"u8, config.Domainname);
        writer.List<Mount>("mounts"u8, config.Mounts, new(MountMembers));
        writer.Object<Hooks>("hooks"u8, config.Hooks, new(HooksMembers));
        writer.StringMap("annotations"u8, config.Annotations);
        writer.Object("linux"u8, config.Linux, new(LinuxMembers));
    }

    private static void RootMembers(JsonWriter writer, Root root)
    {
        writer.Text("path"u8, root.Path);
        writer.FlagIfSet("readonly"u8, root.Readonly);
    }

    private static void MountMembers(JsonWriter writer, Mount mount)
    {
        writer.Text("destination"u8, mount.Destination);
        writer.Text("type"u8, mount.Type);
        writer.Text("source"u8, mount.Source);
        writer.Strings("options"u8, mount.Options);
        writer.List<IdMapping>("uidMappings"u8, mount.UidMappings, new(IdMappingMembers));
        writer.List<IdMapping>("gidMappings"u8, mount.GidMappings, new(IdMappingMembers));
    }

    private static void IdMappingMembers(JsonWriter writer, IdMapping mapping)
    {
        writer.Number("containerID"u8, (ulong)mapping.ContainerId);
        writer.Number("hostID"u8, (ulong)mapping.HostId);
        writer.Number("size"u8, (ulong)mapping.Size);
    }

    private static void HooksMembers(JsonWriter writer, Hooks hooks)
    {
        writer.List<Hook>("prestart"u8, hooks.Prestart, new(HookMembers));
        writer.List<Hook>("createRuntime"u8, hooks.CreateRuntime, new(HookMembers));
        writer.List<Hook>("createContainer"u8, hooks.CreateContainer, new(HookMembers));
        writer.List<Hook>("startContainer"u8, hooks.StartContainer, new(HookMembers));
        writer.List<Hook>("poststart"u8, hooks.Poststart, new(HookMembers));
        writer.List<Hook>("poststop"u8, hooks.Poststop, new(HookMembers));
    }

    /// <summary>Writes one hook; also one of the state record.</summary>
    internal static void HookMembers(JsonWriter writer, Hook hook)
    {
        writer.Text("path"u8, hook.Path);
        writer.Strings("args"u8, hook.Args);

        // An empty environment is not an absent one: the hook would inherit ours.
        writer.OptionalStrings("env"u8, hook.Env);
        writer.Number("timeout"u8, hook.Timeout);
    }
}
