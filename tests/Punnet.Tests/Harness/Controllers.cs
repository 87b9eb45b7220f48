using System.IO;
using System.Text.Json.Nodes;
using Xunit;

namespace Punnet.Tests.Harness;

/// <summary>Tests of limits: what a machine must have for them, and what its kernel holds.</summary>
internal static class Controllers
{
    private const string Modules = "/usr/lib/uml/modules";

    /// <summary>
    /// Skips a test where a controller is missing: the virtual machine has cpu, io, memory and pids, this machine hugetlb.
    /// </summary>
    public static void Need(string controller)
    {
        Assert.SkipUnless(CgroupTree.Offers(controller), "needs the cgroup v2 controller " + controller);
    }

    /// <summary>One that this machine has.</summary>
    public static string Any()
    {
        return CgroupTree.Offers("pids") ? "pids" : "hugetlb";
    }

    /// <summary>linux.resources, with the device rules of the base config.</summary>
    public static Container Limits(this Container container, string resources)
    {
        JsonObject merged = JsonNode.Parse(resources)!.AsObject();
        merged["devices"] ??= container.Bundle.Config["linux"]!["resources"]!["devices"]!.DeepClone();
        container.Bundle.Set("linux.resources", merged.ToJsonString());
        return container;
    }

    /// <summary>What a file of the container's cgroup holds.</summary>
    public static string Held(this Container container, string file)
    {
        return File.ReadAllText(container.Cgroup + "/" + file).TrimEnd('\n');
    }

    /// <summary>
    /// Asserts what files of the container's cgroup hold: "file=value file=value", with a comma for the blank in a value.
    /// </summary>
    public static void HoldsAll(this Container container, string expected)
    {
        foreach (string entry in expected.Split(' '))
        {
            string[] parts = entry.Split('=', 2);
            Assert.Equal(entry, parts[0] + "=" + container.Held(parts[0]).Replace(' ', ','));
        }
    }

    /// <summary>A cgroup file system that can be written.</summary>
    public static Container WritableCgroup(this Container container)
    {
        container.Bundle.Unmount("/sys/fs/cgroup");
        container.Bundle.Mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "rw");
        return container;
    }

    /// <summary>A block device for I/O limits, such as 1:0; the virtual machine has none until a module is loaded.</summary>
    public static string BlockDevice()
    {
        const string Ram = "/sys/block/ram0/dev";
        string module = $"{Modules}/{File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}/kernel/drivers/block/brd.ko";
        if (!File.Exists(Ram) && File.Exists(module))
        {
            _ = new Command("insmod", [module, "rd_nr=1", "rd_size=1024"]).Run();
        }

        Assert.SkipUnless(File.Exists(Ram), "needs the block device ram0");
        return File.ReadAllText(Ram).Trim();
    }
}
