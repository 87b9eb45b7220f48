using System;
using System.IO;
using System.Text.Json.Nodes;

namespace Punnet.Faults.Tests;

/// <summary>A root file system with busybox, and one of the variants of Data/config.json.</summary>
internal static class Bundle
{
    private static readonly string[] applets =
        ["awk", "cat", "cut", "echo", "env", "grep", "head", "ls", "mknod", "mv", "pwd", "readlink", "sed", "sh", "sleep", "sort", "tty"];

    /// <summary>Makes it.</summary>
    /// <param name="place">Where.</param>
    /// <param name="variants">Words: sleep, user, pod, console, layers.</param>
    /// <param name="id">The one container that the cgroup's path is for.</param>
    public static void Write(Place place, string variants, string id)
    {
        string bundle = place.Top + "/bundle", root = bundle + "/rootfs";
        if (!Directory.Exists(root))
        {
            MakeRoot(root);
            File.WriteAllText(bundle + "/passwd", "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n");
            MakeRoot(place.Top + "/layer");
            _ = Directory.CreateDirectory(place.Top + "/upper/opt");
            File.WriteAllText(place.Top + "/layer/etc/second", "of the second layer\n");
            File.WriteAllText(place.Top + "/upper/opt/changed", new string('x', 20_000));
        }

        string text = File.ReadAllText(AppContext.BaseDirectory + "/Data/config.json")
            .Replace("@SHARED@", place.Shared).Replace("@BUNDLE@", bundle).Replace("@CGROUP@", $"{place.CgroupPath}/{id}");
        JsonObject config = JsonNode.Parse(text)!.AsObject();
        foreach (string variant in variants.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            Vary(config, variant, place);
        }

        File.WriteAllText(bundle + "/config.json", config.ToJsonString());
    }

    private static void Vary(JsonObject config, string variant, Place place)
    {
        JsonObject linux = config["linux"]!.AsObject(), process = config["process"]!.AsObject();
        switch (variant)
        {
            case "sleep":
                process["args"] = new JsonArray("/bin/sleep", "100000");
                _ = config.Remove("hooks");
                break;
            case "user":
                linux["namespaces"]!.AsArray().Add(new JsonObject { ["type"] = "user" });
                foreach (string kind in (string[])["uidMappings", "gidMappings"])
                {
                    linux[kind] = new JsonArray(new JsonObject { ["containerID"] = 0, ["hostID"] = 100_000, ["size"] = 65_536 });
                }

                process["noNewPrivileges"] = false;
                break;
            case "pod":
                int holder = place.Holder();
                foreach (JsonNode? entry in linux["namespaces"]!.AsArray())
                {
                    if ((string?)entry!["type"] is "pid" or "network" or "ipc")
                    {
                        string file = (string)entry["type"]! == "network" ? "net" : (string)entry["type"]!;
                        entry["path"] = $"/proc/{holder}/ns/{file}";
                    }
                }

                break;
            case "console":
                process["terminal"] = true;
                break;
            case "layers":
                config["root"] = new JsonObject { ["path"] = "none", ["readonly"] = false };
                break;
            case "hugetlb" when !Place.HasHugetlb:
                break;
            case "hugetlb":
                linux["resources"]!["hugepageLimits"] = new JsonArray(new JsonObject { ["pageSize"] = "2MB", ["limit"] = 4_194_304 });
                break;
            default:
                throw new ArgumentException(variant, nameof(variant));
        }
    }

    private static void MakeRoot(string root)
    {
        foreach (string directory in (string[])["bin", "dev", "etc", "opt", "proc", "root", "shared", "sys", "tmp"])
        {
            _ = Directory.CreateDirectory($"{root}/{directory}");
        }

        File.Copy(File.Exists("/usr/bin/busybox") ? "/usr/bin/busybox" : "/bin/busybox", root + "/bin/busybox");
        File.Copy(AppContext.BaseDirectory + "/Data/digest", root + "/bin/digest");
        File.WriteAllText(root + "/etc/passwd", "root:x:0:0:root:/:/bin/sh\n");
        File.WriteAllText(root + "/tmp/copied", "up\n");
        foreach (string name in (string[])["busybox", "digest"])
        {
            File.SetUnixFileMode($"{root}/bin/{name}", (UnixFileMode)0x1ED);
        }

        foreach (string applet in applets)
        {
            _ = File.CreateSymbolicLink($"{root}/bin/{applet}", "busybox");
        }
    }
}
