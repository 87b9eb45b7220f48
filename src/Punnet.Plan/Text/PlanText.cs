using System;
using System.Collections.Immutable;
using System.Text;
using Punnet.Abi;

namespace Punnet.Plan;

/// <summary>
/// A plan as text: one line for each step, in the order in which the steps happen, with its place in config.json. It is what
/// <c>--dry-run</c> prints, and what the golden plans of the tests are made of.
/// </summary>
public static partial class PlanText
{
    /// <summary>Writes a plan.</summary>
    /// <param name="plan">Of a create.</param>
    /// <returns>Sections of lines, with a line end after each; an empty section is left out.</returns>
    public static string Of(ContainerPlan plan)
    {
        Sections text = new();
        text.Open("cgroup");
        Cgroup(text, plan);
        text.Open("namespaces");
        Namespaces(text, plan.Namespaces);
        text.Step("keyring", plan.Keyring);
        text.Open("network devices");
        foreach (NetDeviceStep device in plan.NetDevices)
        {
            text.Line("move " + PlanWords.Quoted(device.Name) + " as " + PlanWords.Quoted(device.NewName) + " (linux.netDevices)");
        }

        text.Open("root");
        Root(text, plan);
        text.Open("mounts");
        Mounts(text, plan);
        text.Open("devices");
        Devices(text, plan);
        text.Open("hooks");
        Hooks(text, plan.Hooks);
        text.Open("names");
        text.Step("hostname", plan.HostName, "hostname");
        text.Step("domainname", plan.DomainName, "domainname");
        text.Open("sysctls");
        foreach (SysctlStep sysctl in plan.Sysctls)
        {
            text.Line(PlanWords.Quoted(sysctl.Name) + ": " + PlanWords.Quoted(sysctl.Value) + " to /proc/" + PlanWords.Quoted(sysctl.Path)
                + " of the " + PlanWords.Of(sysctl.Kind) + " namespace (linux.sysctl)");
        }

        text.Open("masks");
        Masks(text, plan);
        text.Open("process");
        Process(text, plan.Process);
        text.Open("seccomp");
        Seccomp(text, plan.Process);
        return text.ToString();
    }

    /// <summary>Writes the plan of an exec.</summary>
    /// <returns>Sections of lines, as for a container.</returns>
    public static string Of(ProcessPlan plan)
    {
        Sections text = new();
        text.Open("process");
        Process(text, plan);
        text.Open("seccomp");
        Seccomp(text, plan);
        return text.ToString();
    }

    private static void Root(Sections text, ContainerPlan plan)
    {
        if (plan.Overlay is null)
        {
            text.Line("mount " + PlanWords.Quoted(plan.Root) + " (root.path)");
        }
        else
        {
            Overlay(text, plan.Overlay, plan.Root);
        }

        text.Line((plan.NoPivot ? "enter by moving the mount" : "enter by pivot_root") + " after the createContainer hooks");
        text.Line(
            plan.RootPropagation != MountFlags.None, "propagation " + PlanWords.Of(plan.RootPropagation) + " (linux.rootfsPropagation)");
        text.Line(plan.RootReadOnly, "read-only (root.readonly)");
    }

    private static void Mounts(Sections text, ContainerPlan plan)
    {
        text.Step("check that SELinux is there for the label", plan.MountLabel, "linux.mountLabel");
        const string Join = "join the network namespace that the host makes meanwhile";
        for (int i = 0; i < plan.Mounts.Length; i++)
        {
            text.Line(i == plan.NetworkBeforeMount, Join);
            Mount(text, plan.Mounts[i]);
        }

        text.Line(plan.NetworkBeforeMount == plan.Mounts.Length, Join);
    }

    private static void Masks(Sections text, ContainerPlan plan)
    {
        foreach (CString path in plan.ReadOnlyPaths)
        {
            text.Step("read-only", path, "linux.readonlyPaths");
        }

        foreach (CString path in plan.MaskedPaths)
        {
            text.Step("hide", path, "linux.maskedPaths");
        }
    }

    private static void Namespaces(Sections text, NamespacePlan plan)
    {
        text.Line(plan.NewTime, "unshare time (linux.namespaces)");
        text.Table("clock", plan.TimeOffsets, "linux.timeOffsets");
        if (plan.Staged)
        {
            text.Line("clone a process that joins and then clones the container's");
        }
        else
        {
            Clone(text, plan);
        }

        foreach (NamespaceJoin join in plan.Joins)
        {
            text.Line("join " + PlanWords.Of(join.Kind) + " " + PlanWords.Quoted(join.Path) + " ("
                + JsonPath.At("linux.namespaces", join.Index) + ")");
        }

        if (plan.Staged)
        {
            Clone(text, plan);
        }

        text.Line(plan.NewCgroup, "unshare cgroup (linux.namespaces)");
    }

    private static void Clone(Sections text, NamespacePlan plan)
    {
        text.Line("clone " + PlanWords.Of(plan.New) + " (linux.namespaces)");
        text.Table("uid map", plan.UidMap, "linux.uidMappings");
        text.Table("gid map", plan.GidMap, "linux.gidMappings");
    }

    private static void Mount(Sections text, MountStep step)
    {
        StringBuilder line = new();
        line.Append(step.Kind switch
        {
            MountKind.FileSystem => "mount ",
            MountKind.Bind => step.Recursive ? "bind the tree " : "bind ",
            MountKind.Remount => "remount ",
            MountKind.Cgroup => "mount the cgroup ",
            _ => step.Kind.ToString() + " ",
        });
        if (step.Kind != MountKind.Remount)
        {
            line.Append(PlanWords.Quoted(step.Source)).Append(step.Type.IsNull ? "" : " (" + PlanWords.Quoted(step.Type) + ")")
                .Append(" on ");
        }

        line.Append(PlanWords.Quoted(step.Destination));
        foreach (MountParameter parameter in step.Parameters)
        {
            line.Append(' ')
                .Append(PlanWords.Quoted(parameter.Key.ToString() + (parameter.Value.IsNull ? "" : "=" + parameter.Value.ToString())));
        }

        line.Append(step.LabelKey.IsNull && step.Label.IsNull ? "" : " labelled "
            + PlanWords.Quoted(step.LabelKey.ToString() + "=" + step.Label.ToString()));
        line.Append(step.RootLabel.IsNull ? "" : " with the root labelled " + PlanWords.Quoted(step.RootLabel));
        Change(line, "set", step.Set);
        Change(line, "clear", step.Clear);
        Change(line, "clear unless locked", step.Others);
        Change(line, "set in the tree", step.RecursiveSet);
        Change(line, "clear in the tree", step.RecursiveClear);
        foreach (MountFlags propagation in step.Propagation)
        {
            line.Append(", ").Append(PlanWords.Of(propagation));
        }

        line.Append(step.Kind != MountKind.Bind && step.Recursive ? ", the tree" : "");
        line.Append(step.KeepsMode ? ", with the mode of what it covers" : "");
        line.Append(step.CopiesUp ? ", with the files of what it covers" : "");
        line.Append(step.ReadOnlyLate ? ", ro at the end" : "");
        IdMap(line, step.IdMap);
        line.Append(step.CopiesLink ? ", a link made again" : "");
        line.Append(step.SourceNoFollow ? ", from a link itself" : "");
        line.Append(step.DestinationNoFollow ? ", over a link itself" : "");
        line.Append(step.NoSymlinks ? ", through no link" : "");
        line.Append(step.MayCoverProc ? ", perhaps over proc" : "");
        text.Line(line.Append(" (").Append(JsonPath.At("mounts", step.Index)).Append(')').ToString());
    }

    private static void IdMap(StringBuilder line, IdMapPlan? map)
    {
        if (map is null)
        {
            return;
        }

        line.Append(map.Recursive ? ", ids of the tree mapped" : ", ids mapped");
        if (map.UidMap.IsNull && map.GidMap.IsNull)
        {
            line.Append(" as the container's");
            return;
        }

        Rows(line, "uid map", map.UidMap);
        Rows(line, "gid map", map.GidMap);
    }

    private static void Rows(StringBuilder line, string word, CString table)
    {
        foreach (string row in table.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            line.Append(", ").Append(word).Append(' ').Append(row);
        }
    }

    private static void Change(StringBuilder line, string what, MountAttributes attributes)
    {
        if (attributes != MountAttributes.None)
        {
            line.Append(", ").Append(what).Append(' ').Append(PlanWords.Of(attributes));
        }
    }

    private static void Devices(Sections text, ContainerPlan plan)
    {
        if (!plan.MakesDevices)
        {
            text.Line("none: /dev is the host's");
            return;
        }

        text.Line(plan.DevicesBeforeNetwork, "all before the network namespace is joined");
        foreach (DeviceStep device in plan.Devices)
        {
            text.Line((device.Mode & FileMode.TypeMask) switch
            {
                FileMode.CharacterDevice => "c ",
                FileMode.BlockDevice => "b ",
                FileMode.Fifo => "p ",
                uint other => "0x" + other.ToString("x") + " ",
            } + device.Major.ToString() + ":" + device.Minor.ToString() + " " + PlanWords.Quoted(device.Path)
                + " mode " + Octal(device.Mode & Permissions.Mask)
                + " owner " + device.Uid.ToString() + ":" + device.Gid.ToString()
                + (device.Index < 0 ? "" : " (" + JsonPath.At("linux.devices", device.Index) + ")"));
        }

        foreach (LinkStep link in plan.Links)
        {
            text.Line("link /dev/" + PlanWords.Quoted(link.Name) + " to " + PlanWords.Quoted(link.Target));
        }
    }

    private static void Hooks(Sections text, HooksPlan plan)
    {
        Hooks(text, plan.Prestart);
        Hooks(text, plan.CreateRuntime);
        Hooks(text, plan.CreateContainer);
        Hooks(text, plan.StartContainer);
        Hooks(text, plan.Poststart);
        Hooks(text, plan.Poststop);
    }

    private static void Hooks(Sections text, ImmutableArray<HookStep> hooks)
    {
        foreach (HookStep hook in hooks)
        {
            text.Line(JsonPath.At("hooks." + hook.Kind, hook.Index) + " " + PlanWords.Quoted(hook.Path) + ", args"
                + PlanWords.Quoted(hook.Args)
                + (hook.Env.IsDefault ? ", env inherited" : hook.Env.IsEmpty ? ", env empty" : ", env" + PlanWords.Quoted(hook.Env))
                + (hook.TimeoutSeconds == 0 ? "" : ", at most " + hook.TimeoutSeconds.ToString() + " s"));
        }
    }

    /// <summary>Lines under headings.</summary>
    private sealed class Sections
    {
        private readonly StringBuilder _text = new();
        private string _heading = "";

        /// <summary>A heading, written with its first line.</summary>
        public void Open(string heading) => _heading = heading;

        public void Line(string line)
        {
            if (_heading.Length > 0)
            {
                _text.Append(_text.Length == 0 ? "" : "\n").Append(_heading).Append('\n');
                _heading = "";
            }

            _text.Append("  ").Append(line).Append('\n');
        }

        public void Line(bool isPlanned, string line)
        {
            if (isPlanned)
            {
                Line(line);
            }
        }

        /// <summary>A word and its text, or nothing where there is no text.</summary>
        public void Step(string word, CString text, string place = "") =>
            Line(!text.IsNull, word + " " + PlanWords.Quoted(text) + (place.Length == 0 ? "" : " (" + place + ")"));

        /// <summary>A table for the kernel, row by row.</summary>
        public void Table(string word, CString table, string place)
        {
            foreach (string row in table.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                Line(word + " " + row + " (" + place + ")");
            }
        }

        public override string ToString() => _text.ToString();
    }
}
