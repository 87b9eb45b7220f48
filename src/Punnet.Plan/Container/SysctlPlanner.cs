using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>config-linux.md#sysctl: only parameters that belong to a namespace of the container.</summary>
internal static class SysctlPlanner
{
    /// <summary>Plans every parameter.</summary>
    /// <exception cref="SpecException">A parameter would change the host.</exception>
    public static ImmutableArray<SysctlStep> Plan(IReadOnlyDictionary<string, string> sysctls, NamespacePlan namespaces, string? domainname)
    {
        ImmutableArray<SysctlStep>.Builder steps = ImmutableArray.CreateBuilder<SysctlStep>(sysctls.Count);
        foreach (KeyValuePair<string, string> sysctl in sysctls)
        {
            string place = "linux.sysctl[\"" + sysctl.Key + "\"]";
            string path = FilePath(sysctl.Key);
            foreach (string part in path.Split('/'))
            {
                if (part is "" or "." or "..")
                {
                    throw new SpecException(place, "is not the name of a kernel parameter");
                }
            }

            // A final line end is not a second line: "sysctl -n" and files have it.
            if (sysctl.Value.AsSpan().TrimEnd('\n').Contains('\n'))
            {
                throw new SpecException(place, "the value has several lines, and a kernel parameter has one");
            }

            CloneFlags kind = Check(path, sysctl.Value, place, namespaces, domainname);
            steps.Add(new SysctlStep(JsonPath.Text("sys/" + path, place), JsonPath.Text(sysctl.Value, place), sysctl.Key, kind));
        }

        return steps.MoveToImmutable();
    }

    // sysctl(8): the first separator says which one separates; the other one then stands for it inside a name, as in
    // net.ipv4.conf.eth0/1.forwarding.
    private static string FilePath(string key)
    {
        int separator = key.AsSpan().IndexOfAny('.', '/');
        if (separator < 0 || key[separator] == '/')
        {
            return key;
        }

        char[] swapped = key.ToCharArray();
        for (int i = 0; i < swapped.Length; i++)
        {
            swapped[i] = swapped[i] switch { '.' => '/', '/' => '.', char other => other };
        }

        return new string(swapped);
    }

    private static CloneFlags Check(string path, string value, string place, NamespacePlan namespaces, string? domainname)
    {
        (CloneFlags kind, string name) = path switch
        {
            "kernel/msgmax" or "kernel/msgmnb" or "kernel/msgmni" or "kernel/sem" or "kernel/shmall" or "kernel/shmmax"
                or "kernel/shmmni" or "kernel/shm_rmid_forced" => (CloneFlags.NewIpc, "ipc"),
            "kernel/domainname" => (CloneFlags.NewUts, "uts"),
            "kernel/hostname" => throw new SpecException(place, "is set by the property hostname"),
            _ when path.StartsWith("fs/mqueue/", StringComparison.Ordinal) => (CloneFlags.NewIpc, "ipc"),
            _ when path.StartsWith("net/", StringComparison.Ordinal) => (CloneFlags.NewNetwork, "network"),
            _ when path.StartsWith("user/", StringComparison.Ordinal) => (CloneFlags.NewUser, "user"),
            _ => throw new SpecException(place, "is not in a separate kernel namespace: it would change the host"),
        };
        if (!namespaces.Has(kind))
        {
            throw new SpecException(place,
                "needs " + (kind == CloneFlags.NewIpc ? "an " : "a ") + name
                + " namespace in linux.namespaces: without one it would change the host");
        }

        if (path == "kernel/domainname" && !string.IsNullOrEmpty(domainname) && domainname != value)
        {
            throw new SpecException(place, "\"" + value + "\" contradicts the property domainname, \"" + domainname + "\"");
        }

        return kind;
    }
}

/// <summary>One kernel parameter.</summary>
/// <param name="Path">Below /proc, such as <c>sys/net/ipv4/ip_forward</c>.</param>
/// <param name="Value">As written.</param>
/// <param name="Name">The key in linux.sysctl.</param>
/// <param name="Kind">The kind of namespace that it belongs to.</param>
public sealed record SysctlStep(CString Path, CString Value, string Name, CloneFlags Kind);
