using System;
using System.Globalization;
using System.IO;
using System.Text.Json.Nodes;
using Mono.Unix.Native;
using Xunit;

namespace Punnet.Tests.Harness;

/// <summary>A bundle: a root file system with busybox, and a config.json that starts as <see cref="BaseConfig"/>.</summary>
internal sealed class Bundle
{
    private static readonly string[] directories = ["bin", "dev", "etc", "proc", "root", "sys", "tmp", "var"];

    private static readonly string[] applets =
    [
        "awk", "cat", "chmod", "chown", "cp", "dd", "echo", "env", "false", "grep", "head", "hostname", "id", "kill", "ln", "ls", "mkdir",
        "mkfifo",
        "mknod", "mount", "mv", "od", "ps", "pwd", "readlink", "rm", "sed", "seq", "sh", "sleep", "sort", "stat", "stty", "test", "touch",
        "tr", "true", "tty",
        "umount", "uname", "wc", "which",
    ];

    /// <summary>Makes the directories and links.</summary>
    public Bundle(string path)
    {
        Path = path;
        Rootfs = path + "/rootfs";
        foreach (string directory in directories)
        {
            _ = Directory.CreateDirectory($"{Rootfs}/{directory}");
        }

        File.SetUnixFileMode(Rootfs + "/tmp", (UnixFileMode)0x3FF);
        Assert.Equal(0, Syscall.link(Workplace.Busybox, Rootfs + "/bin/busybox"));
        foreach (string applet in applets)
        {
            _ = File.CreateSymbolicLink($"{Rootfs}/bin/{applet}", "busybox");
        }

        File.WriteAllText(Rootfs + "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n");
        File.WriteAllText(Rootfs + "/etc/group", "root:x:0:\nuser:x:1000:\n");
        Config = JsonNode.Parse(BaseConfig.Text)!.AsObject();
    }

    /// <summary>The bundle's directory.</summary>
    public string Path { get; }

    /// <summary>Its root file system.</summary>
    public string Rootfs { get; }

    /// <summary>config.json, until <see cref="Write"/> writes it.</summary>
    public JsonObject Config { get; private set; }

    /// <summary>Writes config.json.</summary>
    public void Write()
    {
        File.WriteAllText(Path + "/config.json", Config.ToJsonString());
    }

    /// <summary>Replaces the whole config.json by what another runtime's or engine's looks like.</summary>
    public void Replace(string json)
    {
        Config = JsonNode.Parse(json)!.AsObject();
    }

    /// <summary>Sets a property to JSON text; the place is written as errors write it: <c>linux.namespaces[2].path</c>.</summary>
    public void Set(string place, string json)
    {
        Put(place, JsonNode.Parse(json));
    }

    /// <summary>Sets a property to a text.</summary>
    public void SetText(string place, string text)
    {
        Put(place, JsonValue.Create(text));
    }

    /// <summary>Sets a property to a list of strings.</summary>
    public void SetList(string place, params string[] items)
    {
        JsonArray array = [];
        foreach (string item in items)
        {
            array.Add((JsonNode?)JsonValue.Create(item));
        }

        Put(place, array);
    }

    /// <summary>Appends JSON text to a list, which is made where it is missing.</summary>
    public void Add(string place, string json)
    {
        if (Find(place) is not JsonArray array)
        {
            array = [];
            Put(place, array);
        }

        array.Add(JsonNode.Parse(json));
    }

    /// <summary>Removes a property or an entry.</summary>
    public void Remove(string place)
    {
        (JsonNode parent, string name) = Split(place);
        if (parent is JsonArray array)
        {
            array.RemoveAt(int.Parse(name, CultureInfo.InvariantCulture));
        }
        else
        {
            _ = parent.AsObject().Remove(name);
        }
    }

    /// <summary>Replaces the namespace of a type by JSON properties, or takes it out of the list when they are null.</summary>
    public void Namespace(string type, string? path = null, bool present = true)
    {
        JsonArray namespaces = Config["linux"]!["namespaces"]!.AsArray();
        for (int index = namespaces.Count - 1; index >= 0; index--)
        {
            if ((string?)namespaces[index]!["type"] == type)
            {
                namespaces.RemoveAt(index);
            }
        }

        if (present)
        {
            JsonObject entry = new() { ["type"] = type };
            if (path is not null)
            {
                entry["path"] = path;
            }

            namespaces.Add((JsonNode)entry);
        }
    }

    /// <summary>Removes the mount at a destination from the list.</summary>
    public void Unmount(string destination)
    {
        JsonArray mounts = Config["mounts"]!.AsArray();
        for (int index = mounts.Count - 1; index >= 0; index--)
        {
            if ((string?)mounts[index]!["destination"] == destination)
            {
                mounts.RemoveAt(index);
            }
        }
    }

    /// <summary>Adds a mount.</summary>
    public void Mount(string destination, string type, string source, params string[] options)
    {
        JsonObject entry = new() { ["destination"] = destination, ["type"] = type, ["source"] = source };
        JsonArray list = [];
        foreach (string option in options)
        {
            list.Add((JsonNode?)JsonValue.Create(option));
        }

        entry["options"] = list;
        Config["mounts"]!.AsArray().Add((JsonNode)entry);
    }

    /// <summary>The same list of capabilities in every set but inheritable and ambient.</summary>
    public void Capabilities(params string[] names)
    {
        Remove("process.capabilities");
        SetList("process.capabilities.bounding", names);
        SetList("process.capabilities.effective", names);
        SetList("process.capabilities.permitted", names);
    }

    /// <summary>A user namespace whose ids 0 to 65535 are the host's 100000 to 165535; the root file system is given to them.</summary>
    public void UserNamespace()
    {
        Namespace("user");
        Set("linux.uidMappings", """[{"containerID":0,"hostID":100000,"size":65536}]""");
        Set("linux.gidMappings", """[{"containerID":0,"hostID":100000,"size":65536}]""");
        GiveRootTo(100000);
    }

    /// <summary>A busybox that no other root links to: it keeps its inode as it is, the time of the last change included.</summary>
    public void OwnBusybox()
    {
        File.Delete(Rootfs + "/bin/busybox");
        File.Copy(Workplace.Busybox, Rootfs + "/bin/busybox");
    }

    /// <summary>chown of everything in the root file system.</summary>
    public void GiveRootTo(int id)
    {
        OwnBusybox();
        Assert.Equal(0, Syscall.lchown(Rootfs, id, id));
        foreach (string path in Directory.EnumerateFileSystemEntries(Rootfs, "*", SearchOption.AllDirectories))
        {
            Assert.Equal(0, Syscall.lchown(path, id, id));
        }
    }

    /// <summary>Writes an executable file into the root file system.</summary>
    public string WriteScript(string path, string text)
    {
        File.WriteAllText(Rootfs + path, text);
        File.SetUnixFileMode(Rootfs + path, (UnixFileMode)0x1ED);
        return path;
    }

    private void Put(string place, JsonNode? value)
    {
        (JsonNode parent, string name) = Split(place);
        if (parent is JsonArray array)
        {
            array[int.Parse(name, CultureInfo.InvariantCulture)] = value;
        }
        else
        {
            parent.AsObject()[name] = value;
        }
    }

    private JsonNode? Find(string place)
    {
        (JsonNode parent, string name) = Split(place);
        return parent is JsonArray array ? array[int.Parse(name, CultureInfo.InvariantCulture)] : parent.AsObject()[name];
    }

    // Walks to the last part's parent; objects that are missing on the way are made.
    private (JsonNode Parent, string Name) Split(string place)
    {
        string[] names = place.Replace("]", "", StringComparison.Ordinal).Replace('[', '.').Split('.');
        JsonNode node = Config;
        foreach (string name in names[..^1])
        {
            JsonNode? next = node is JsonArray array ? array[int.Parse(name, CultureInfo.InvariantCulture)] : node.AsObject()[name];
            if (next is null)
            {
                next = new JsonObject();
                node.AsObject()[name] = next;
            }

            node = next;
        }

        return (node, names[^1]);
    }
}
