using System;
using System.Collections.Generic;

namespace Punnet.Spec;

/// <summary>Reads and writes what is known of a container: for the state directory, for users and for hooks.</summary>
public static class StateJson
{
    /// <summary>Form of the record that is read and written here.</summary>
    internal const int RecordVersion = 1;

    /// <summary>Writes the state directory's record.</summary>
    /// <param name="record">The record.</param>
    /// <returns>UTF-8, one line.</returns>
    public static byte[] WriteRecord(StateRecord record) => new JsonWriter(' ', 0).Document<StateRecord>(record, new(RecordMembers));

    /// <summary>Reads the state directory's record.</summary>
    /// <param name="utf8">The whole file.</param>
    /// <returns>The record.</returns>
    /// <exception cref="SpecException">The file is cut off, or lacks a member; or it is of a newer version.</exception>
    public static StateRecord ReadRecord(ReadOnlySpan<byte> utf8) => JsonPathReader.ReadDocument<StateRecord>(utf8, null, new(ReadRecord));

    /// <summary>Writes what <c>state</c> prints.</summary>
    /// <param name="state">The state.</param>
    /// <param name="indented">Two blanks a level, or one line.</param>
    /// <returns>UTF-8 without a line end, as runc prints it.</returns>
    public static byte[] WriteState(ContainerState state, bool indented) =>
        new JsonWriter(' ', indented ? 2 : 0).Document<ContainerState>(state, new(StateMembers));

    /// <summary>Writes what a hook, or a seccomp agent, finds: the specification's members and no more.</summary>
    /// <param name="state">The state.</param>
    /// <returns>UTF-8, one line without its end.</returns>
    public static byte[] WriteHookState(ContainerState state) =>
        new JsonWriter(' ', 0).Document<ContainerState>(state, new(HookStateMembers));

    /// <summary>Writes what a seccomp agent gets.</summary>
    /// <param name="state">The state.</param>
    /// <returns>UTF-8, one line without its end.</returns>
    public static byte[] WriteProcessState(ContainerProcessState state) =>
        new JsonWriter(' ', 0).Document<ContainerProcessState>(state, new(ProcessStateMembers));

    private static void ProcessStateMembers(JsonWriter writer, ContainerProcessState state)
    {
        writer.Text("ociVersion"u8, state.OciVersion);
        writer.OptionalStrings("fds"u8, state.Fds);
        writer.Integer("pid"u8, state.Pid);
        writer.Text("metadata"u8, state.Metadata);
        writer.Object<ContainerState>("state"u8, state.State, new(HookStateMembers));
    }

    internal static void StateMembers(JsonWriter writer, ContainerState state)
    {
        writer.Text("ociVersion"u8, state.OciVersion);
        writer.Text("id"u8, state.Id);
        writer.Integer("pid"u8, state.Pid);
        writer.Text("status"u8, state.Status);
        writer.Text("bundle"u8, state.Bundle);
        writer.Text("rootfs"u8, state.Rootfs);
        writer.Text("created"u8, state.Created);
        writer.StringMap("annotations"u8, state.Annotations);
        writer.Text("owner"u8, state.Owner);
        if (state.ExitCode is int code)
        {
            writer.Integer("exitCode"u8, code);
        }

        if (state.OomKilled is bool killed)
        {
            writer.Boolean("oomKilled"u8, killed);
        }

        writer.Text("finished"u8, state.Finished);
    }

    private static void HookStateMembers(JsonWriter writer, ContainerState state)
    {
        writer.Text("ociVersion"u8, state.OciVersion);
        writer.Text("id"u8, state.Id);
        writer.Text("status"u8, state.Status);
        writer.Integer("pid"u8, state.Pid);
        writer.Text("bundle"u8, state.Bundle);
        writer.StringMap("annotations"u8, state.Annotations);
    }

    private static void RecordMembers(JsonWriter writer, StateRecord record)
    {
        // First, and before the version: the one that refuses the version says who has written it.
        writer.Text("punnet"u8, record.Punnet);
        writer.Integer("version"u8, record.Version);
        writer.Text("ociVersion"u8, record.OciVersion);
        writer.Text("id"u8, record.Id);
        writer.Text("bundle"u8, record.Bundle);
        writer.Text("rootfs"u8, record.Rootfs);
        writer.Text("created"u8, record.Created);
        writer.Integer("owner"u8, record.Owner);
        writer.Text("cgroup"u8, record.Cgroup);
        writer.Text("systemdUnit"u8, record.SystemdUnit);
        writer.Text("systemdAddress"u8, record.SystemdAddress);
        writer.Object<ResctrlRecord>("resctrl"u8, record.Resctrl, new(ResctrlMembers));
        writer.Text("keyring"u8, record.Keyring);
        writer.Text("config"u8, record.Config);
        writer.Boolean("privatePidNamespace"u8, record.PrivatePidNamespace);
        writer.StringMap("annotations"u8, record.Annotations);
        writer.List("poststart"u8, record.Poststart, ConfigWriter.HookMembers);
        writer.List("poststop"u8, record.Poststop, ConfigWriter.HookMembers);
        if (record.Overlay is OverlayRecord overlay)
        {
            writer.Object<OverlayRecord>("overlay"u8, overlay, new(OverlayMembers));
        }
    }

    private static void OverlayMembers(JsonWriter writer, OverlayRecord overlay)
    {
        writer.OptionalStrings("layers"u8, overlay.Layers);
        writer.Text("upper"u8, overlay.Upper);
        writer.Number("upperTmpfs"u8, overlay.UpperTmpfs);
        writer.Boolean("ownsUpper"u8, overlay.OwnsUpper);
        writer.Boolean("userXattr"u8, overlay.UserXattr);
    }

    private static void ResctrlMembers(JsonWriter writer, ResctrlRecord group)
    {
        writer.Text("directory"u8, group.Directory);
        writer.Text("monitor"u8, group.Monitor);
        writer.Boolean("isOwn"u8, group.IsOwn);
    }

    private static StateRecord ReadRecord(ref JsonPathReader cursor)
    {
        int version = RecordVersion;
        string? punnet = null, ociVersion = null, id = null, bundle = null, rootfs = null, created = null, cgroup = null, unit = null,
            address = null, keyring = null, config = null;
        ResctrlRecord? resctrl = null;
        uint? owner = null;
        bool? privatePidNamespace = null;
        IReadOnlyDictionary<string, string>? annotations = null;
        IReadOnlyList<Hook> poststart = [], poststop = [];
        OverlayRecord? overlay = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "punnet": punnet = cursor.String(); break;
                case "version": version = ReadVersion(ref cursor, punnet); break;
                case "ociVersion": ociVersion = cursor.String(); break;
                case "id": id = cursor.String(); break;
                case "bundle": bundle = cursor.String(); break;
                case "rootfs": rootfs = cursor.String(); break;
                case "created": created = cursor.String(); break;
                case "owner": owner = cursor.UInt32(); break;
                case "cgroup": cgroup = cursor.String(); break;
                case "systemdUnit": unit = cursor.String(); break;
                case "systemdAddress": address = cursor.String(); break;
                case "resctrl": resctrl = cursor.Optional<ResctrlRecord>(new(ReadResctrl)); break;
                case "keyring": keyring = cursor.String(); break;
                case "config": config = cursor.String(); break;
                case "privatePidNamespace": privatePidNamespace = cursor.OptionalBoolean(); break;
                case "annotations": annotations = cursor.StringMap(); break;
                case "poststart": poststart = cursor.List(ConfigReader.ReadHook); break;
                case "poststop": poststop = cursor.List(ConfigReader.ReadHook); break;
                case "overlay": overlay = cursor.Optional<OverlayRecord>(new(ReadOverlay)); break;
                default: cursor.Skip(); break;
            }
        }

        return new StateRecord
        {
            Punnet = punnet,
            Version = version,
            OciVersion = ociVersion ?? throw cursor.RefuseMissing("ociVersion"),
            Id = id ?? throw cursor.RefuseMissing("id"),
            Bundle = bundle ?? throw cursor.RefuseMissing("bundle"),
            Rootfs = rootfs ?? throw cursor.RefuseMissing("rootfs"),
            Created = created ?? throw cursor.RefuseMissing("created"),
            Owner = owner ?? throw cursor.RefuseMissing("owner"),
            Cgroup = cgroup,
            SystemdUnit = unit,
            SystemdAddress = address,
            Resctrl = resctrl,
            Keyring = keyring,
            Config = config,
            PrivatePidNamespace = privatePidNamespace ?? throw cursor.RefuseMissing("privatePidNamespace"),
            Annotations = annotations ?? new Dictionary<string, string>(),
            Poststart = poststart,
            Poststop = poststop,
            Overlay = overlay,
        };
    }

    private static OverlayRecord ReadOverlay(ref JsonPathReader cursor)
    {
        IReadOnlyList<string>? layers = null;
        string? upper = null;
        ulong? upperTmpfs = null;
        bool ownsUpper = false, userXattr = false;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "layers": layers = cursor.OptionalStrings(); break;
                case "upper": upper = cursor.String(); break;
                case "upperTmpfs": upperTmpfs = cursor.UInt64(); break;
                case "ownsUpper": ownsUpper = cursor.Boolean(); break;
                case "userXattr": userXattr = cursor.Boolean(); break;
                default: cursor.Skip(); break;
            }
        }

        return new OverlayRecord
        {
            Layers = layers ?? throw cursor.RefuseMissing("layers"),
            Upper = upper,
            UpperTmpfs = upperTmpfs,
            OwnsUpper = ownsUpper,
            UserXattr = userXattr,
        };
    }

    private static ResctrlRecord ReadResctrl(ref JsonPathReader cursor)
    {
        string? directory = null, monitor = null;
        bool isOwn = false;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "directory": directory = cursor.String(); break;
                case "monitor": monitor = cursor.String(); break;
                case "isOwn": isOwn = cursor.Boolean(); break;
                default: cursor.Skip(); break;
            }
        }

        return new ResctrlRecord(directory ?? throw cursor.RefuseMissing("directory"), monitor, isOwn);
    }

    // A newer version's members may mean something else: better no answer than a wrong one.
    private static int ReadVersion(ref JsonPathReader cursor, string? punnet)
    {
        int version = cursor.Int32() ?? RecordVersion;
        return version switch
        {
            RecordVersion => version,
            < RecordVersion => throw cursor.Refuse(version.ToString() + " is no version of a record"),
            _ => throw new SpecException(
                "version", "written by " + (punnet is null ? "a newer punnet" : "punnet " + punnet) + " in version " + version.ToString()
                    + ", this punnet reads version 1")
            {
                IsNewer = true,
            },
        };
    }
}
