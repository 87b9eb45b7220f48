using System.Linq;
using Punnet.Abi;
using Xunit;

namespace Punnet.Plan.Tests;

/// <summary>config.md#mounts: what an entry becomes, and what is refused.</summary>
public sealed class MountPlanTests
{
    [Theory]
    // Where: from the container's root, whatever is written.
    [InlineData("""{"destination":"/mnt","type":"xfs","source":"/dev/sda"}""", "mount /dev/sda (xfs) on /mnt")]
    [InlineData("""{"destination":"mnt","type":"xfs","source":"/dev/sda"}""", "mount /dev/sda (xfs) on /mnt")]
    [InlineData("""{"destination":"//mnt/./a/../b/","type":"xfs","source":"/dev/sda"}""", "mount /dev/sda (xfs) on /mnt/b")]
    [InlineData("""{"destination":"/../../mnt","type":"xfs","source":"/dev/sda"}""", "mount /dev/sda (xfs) on /mnt")]
    [InlineData("""{"destination":"/bundle/rootfs/mnt","type":"xfs","source":"/dev/sda"}""", "mount /dev/sda (xfs) on /mnt")]
    [InlineData("""{"destination":"/bundle/rootfs2/mnt","type":"xfs","source":"/dev/sda"}""",
        "mount /dev/sda (xfs) on /bundle/rootfs2/mnt")]
    // What: the source, or what mountinfo shall show.
    [InlineData("""{"destination":"/mnt","type":"xfs"}""", "mount xfs (xfs) on /mnt")]
    [InlineData("""{"destination":"/mnt","type":"xfs","source":""}""", "mount xfs (xfs) on /mnt")]
    [InlineData("""{"destination":"/mnt","type":"xfs","source":"dev"}""", "mount dev (xfs) on /mnt")]
    [InlineData("""{"destination":"/mnt","source":"/srv","options":["bind"]}""", "bind /srv on /mnt")]
    [InlineData("""{"destination":"/mnt","source":"/srv","options":["rbind"]}""", "bind the tree /srv on /mnt")]
    [InlineData("""{"destination":"/mnt","source":"/srv","options":["bind","rbind"]}""", "bind the tree /srv on /mnt")]
    [InlineData("""{"destination":"/mnt","type":"bind","source":"/srv"}""", "bind /srv on /mnt")]
    [InlineData("""{"destination":"/mnt","type":"rbind","source":"/srv"}""", "bind the tree /srv on /mnt")]
    [InlineData("""{"destination":"/mnt","type":"bind","source":"/srv","options":["rbind"]}""", "bind the tree /srv on /mnt")]
    [InlineData("""{"destination":"/mnt","type":"rbind","source":"/srv","options":["bind"]}""", "bind /srv on /mnt")]
    [InlineData("""{"destination":"/mnt","type":"xfs","source":"/srv","options":["bind"]}""", "bind /srv on /mnt")]
    [InlineData("""{"destination":"/mnt","type":"bind","source":"data/a"}""", "bind /bundle/data/a on /mnt")]
    [InlineData("""{"destination":"/mnt","type":"bind","source":"/srv/link/../a"}""", "bind /srv/link/../a on /mnt")]
    [InlineData("""{"destination":"/mnt","options":["remount","ro"]}""", "remount /mnt, set ro")]
    [InlineData("""{"destination":"/mnt","source":"/srv","options":["remount","bind","nosuid"]}""", "remount /mnt, set nosuid")]
    [InlineData("""{"destination":"/cg","type":"cgroup","source":"cgroup"}""", "mount the cgroup cgroup on /cg")]
    [InlineData("""{"destination":"/cg","type":"cgroup2","source":"none"}""", "mount the cgroup none on /cg")]
    // cgroups(7): options of cgroup2 count only where the host mounts it, but they must be some.
    [InlineData("""{"destination":"/cg","type":"cgroup","source":"cgroup","options":["nsdelegate","ro"]}""",
        "mount the cgroup cgroup on /cg nsdelegate, set ro")]
    // Attributes: the last word counts.
    [InlineData("""{"destination":"/mnt","type":"bind","source":"/srv","options":["ro","rw"]}""",
        "bind /srv on /mnt, clear ro, clear unless locked nosuid nodev noexec nosymfollow")]
    [InlineData("""{"destination":"/mnt","type":"bind","source":"/srv","options":["rw","ro"]}""",
        "bind /srv on /mnt, set ro, clear unless locked nosuid nodev noexec nosymfollow")]
    [InlineData("""{"destination":"/mnt","type":"bind","source":"/srv","options":["suid","exec","dev"]}""",
        "bind /srv on /mnt, clear nosuid nodev noexec, clear unless locked ro nosymfollow")]
    [InlineData("""{"destination":"/mnt","type":"bind","source":"/srv","options":["noatime","relatime"]}""",
        "bind /srv on /mnt, clear atime, clear unless locked ro nosuid nodev noexec nodiratime nosymfollow")]
    [InlineData("""{"destination":"/mnt","type":"bind","source":"/srv","options":["strictatime","noatime"]}""",
        "bind /srv on /mnt, set noatime, clear atime, clear unless locked ro nosuid nodev noexec nodiratime nosymfollow")]
    [InlineData("""{"destination":"/mnt","type":"bind","source":"/srv","options":["noatime","atime"]}""",
        "bind /srv on /mnt, clear unless locked ro nosuid nodev noexec nosymfollow")]
    [InlineData("""{"destination":"/mnt","type":"bind","source":"/srv","options":["noatime","norelatime","nostrictatime"]}""",
        "bind /srv on /mnt, set noatime, clear atime, clear unless locked ro nosuid nodev noexec nodiratime nosymfollow")]
    [InlineData("""{"destination":"/mnt","type":"bind","source":"/srv","options":["nodiratime"]}""",
        "bind /srv on /mnt, set nodiratime, clear unless locked atime ro nosuid nodev noexec nosymfollow")]
    [InlineData("""{"destination":"/mnt","type":"bind","source":"/srv","options":["rbind","ro","rnosuid"]}""",
        "bind the tree /srv on /mnt, set ro, clear unless locked nosuid nodev noexec nosymfollow, set in the tree nosuid")]
    [InlineData("""{"destination":"/mnt","type":"bind","source":"/srv","options":["rro","rrw"]}""",
        "bind /srv on /mnt, clear in the tree ro")]
    [InlineData("""{"destination":"/mnt","type":"bind","source":"/srv","options":["rnoatime","rstrictatime"]}""",
        "bind /srv on /mnt, set in the tree strictatime, clear in the tree atime")]
    // Propagation in its order; superblock flags are a file system's business.
    [InlineData("""{"destination":"/mnt","type":"bind","source":"/srv","options":["slave","rshared"]}""",
        "bind /srv on /mnt, slave, rshared")]
    [InlineData("""{"destination":"/mnt","type":"bind","source":"/srv","options":["sync","lazytime"]}""", "bind /srv on /mnt")]
    [InlineData("""{"destination":"/mnt","type":"xfs","options":["noquota","sync","logbsize=32k"]}""",
        "mount xfs (xfs) on /mnt sync noquota logbsize=32k")]
    [InlineData("""{"destination":"/mnt","type":"overlay","options":["lowerdir=/a:/b=c"]}""",
        "mount overlay (overlay) on /mnt lowerdir=/a:/b=c")]
    [InlineData("""{"destination":"/mnt","type":"xfs","source":"/dev/sda","options":["ro","noquota"]}""",
        "mount /dev/sda (xfs) on /mnt ro noquota, set ro")]
    [InlineData("""{"destination":"/mnt","type":"xfs","source":"/dev/sda","options":["ro","rw"]}""",
        "mount /dev/sda (xfs) on /mnt, clear ro")]
    [InlineData("""{"destination":"/mnt","type":"tmpfs","source":"/tmpfs","options":["ro","mode=1"]}""",
        "mount /tmpfs (tmpfs) on /mnt mode=1, set ro")]
    [InlineData("""{"destination":"/mnt","type":"xfs","options":["defaults","loud","silent"]}""", "mount xfs (xfs) on /mnt")]
    // Places with a meaning of their own.
    [InlineData("""{"destination":"/proc","type":"proc"}""", "mount proc (proc) on /proc, through no link, perhaps over proc")]
    [InlineData("""{"destination":"/sys","type":"sysfs"}""", "mount sysfs (sysfs) on /sys, through no link")]
    [InlineData("""{"destination":"/sys","type":"tmpfs","options":["mode=755"]}""",
        "mount tmpfs (tmpfs) on /sys mode=755, through no link")]
    [InlineData("""{"destination":"/sys","type":"rbind","source":"/sys"}""", "bind the tree /sys on /sys")]
    [InlineData("""{"destination":"/proc","type":"bind","source":"/proc"}""", "bind /proc on /proc, perhaps over proc")]
    [InlineData("""{"destination":"/proc/meminfo","type":"bind","source":"/lxcfs"}""", "bind /lxcfs on /proc/meminfo, perhaps over proc")]
    [InlineData("""{"destination":"/proc/sys","type":"bind","source":"/lxcfs"}""", "bind /lxcfs on /proc/sys")]
    [InlineData("""{"destination":"/dev","type":"tmpfs","options":["ro","mode=755"]}""",
        "mount tmpfs (tmpfs) on /dev mode=755, ro at the end")]
    [InlineData("""{"destination":"/dev","type":"devtmpfs","options":["ro"]}""", "mount devtmpfs (devtmpfs) on /dev, set ro")]
    [InlineData("""{"destination":"/dev/shm","type":"tmpfs","options":["ro","mode=755"]}""",
        "mount tmpfs (tmpfs) on /dev/shm mode=755, set ro")]
    [InlineData("""{"destination":"/var","type":"tmpfs"}""", "mount tmpfs (tmpfs) on /var, with the mode of what it covers")]
    [InlineData("""{"destination":"/var","type":"tmpfs","options":["tmpcopyup"]}""",
        "mount tmpfs (tmpfs) on /var, with the mode of what it covers, with the files of what it covers")]
    [InlineData("""{"destination":"/tmp","type":"tmpfs","options":["tmpcopyup","mode=1777"]}""",
        "mount tmpfs (tmpfs) on /tmp mode=1777, with the files of what it covers")]
    public void A_mount_becomes(string mount, string expected) =>
        Plans.AssertSection(expected + " (mounts[0])", "mounts", Plans.With("{\"mounts\":[" + mount + "]}"));

    [Theory]
    [InlineData("""{"type":"proc"}""", "mounts[1].destination: is missing")]
    [InlineData("""{"destination":"","type":"proc"}""", "mounts[1].destination: is missing")]
    [InlineData("""{"destination":"/","type":"proc"}""", "mounts[1].destination: \"/\" is the container's root itself")]
    [InlineData("""{"destination":"/a/..","type":"proc"}""", "mounts[1].destination: \"/a/..\" is the container's root itself")]
    [InlineData("""{"destination":".","type":"proc"}""", "mounts[1].destination: \".\" is the container's root itself")]
    [InlineData("""{"destination":"/bundle/rootfs/","type":"proc"}""",
        "mounts[1].destination: \"/bundle/rootfs/\" is the container's root itself")]
    [InlineData("""{"destination":"/mnt"}""", "mounts[1].type: is missing, and options hold neither \"bind\" nor \"rbind\"")]
    [InlineData("""{"destination":"/mnt","type":"","source":"/srv"}""",
        "mounts[1].type: is missing, and options hold neither \"bind\" nor \"rbind\"")]
    [InlineData("""{"destination":"/mnt","type":"bind"}""", "mounts[1].source: is missing: a bind mount needs the path of what is bound")]
    [InlineData("""{"destination":"/mnt","source":"","options":["rbind"]}""",
        "mounts[1].source: is missing: a bind mount needs the path of what is bound")]
    [InlineData("""{"destination":"/mnt","type":"bind","source":"/srv","options":["ro","size=1m","mode=1"]}""",
        "mounts[1].options[1]: \"size=1m\" is an option of a file system, and a bind mount has none")]
    [InlineData("""{"destination":"/mnt","type":"bind","source":"/srv","options":["readonly"]}""",
        "mounts[1].options[0]: \"readonly\" is an option of a file system, and a bind mount has none")]
    [InlineData("""{"destination":"/mnt","type":"xfs","options":["=1"]}""", "mounts[1].options[0]: \"=1\" has no name before the \"=\"")]
    [InlineData("""{"destination":"/mnt","type":"xfs","options":["tmpcopyup"]}""",
        "mounts[1].options[0]: \"tmpcopyup\" is for a tmpfs, and the type is \"xfs\"")]
    [InlineData("""{"destination":"/mnt","type":"bind","source":"/srv","options":["ro","tmpcopyup"]}""",
        "mounts[1].options[1]: \"tmpcopyup\" is for a tmpfs, and this is a bind mount")]
    public void A_mount_is_refused(string mount, string expected) =>
        Assert.Equal(expected, Plans.Refusal("""{"mounts":[{"destination":"/a","type":"tmpfs"},""" + mount + "]}"));

    [Theory]
    [InlineData(50, "lowerdir=/A:/B")]
    [InlineData(126, "lowerdir=/A:/B")]
    [InlineData(127, "lowerdir+=/A lowerdir+=/B")]
    [InlineData(254, "lowerdir+=/A lowerdir+=/B")]
    public void Lower_layers_are_divided_where_they_do_not_fit_into_one_parameter(int length, string expected)
    {
        string a = new('a', length), b = new('b', length);
        MountStep step = Plans.With(Overlay("lowerdir=/" + a + ":/" + b)).Mounts[0];

        Assert.Equal(expected,
            string.Join(' ', step.Parameters.Select(parameter => parameter.Key + "=" + parameter.Value)).Replace(a, "A",
            System.StringComparison.Ordinal).Replace(b, "B", System.StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("overlay", "upperdir=/", "", "upperdir", 256)]
    [InlineData("overlay", "lowerdir=/", "", "lowerdir+", 256)]
    [InlineData("overlay", "lowerdir=/", "::/data", "lowerdir", 263)]
    [InlineData("overlay", "lowerdir=/", "\\\\:x", "lowerdir", 259)]
    [InlineData("xfs", "lowerdir=/", ":/b", "lowerdir", 259)]
    public void A_value_that_fsconfig_would_not_take_is_refused(string type, string start, string end, string key, int length) => Assert.Equal(
        "mounts[0].options[0]: the value of \"" + key + "\" is " + length + " bytes long, and the kernel takes at most 255",
        Plans.Refusal(Overlay(start + new string('x', 255) + end).Replace("\"overlay\"", "\"" + type + "\"",
            System.StringComparison.Ordinal)));

    [Fact]
    public void A_mount_takes_a_thousand_parameters_and_not_many_more()
    {
        string Options(int count) =>
            """{"mounts":[{"destination":"/mnt","type":"xfs","options":[""" + string.Join(',', Enumerable.Repeat("\"a\"", count)) + "]}]}";

        Assert.Equal(1024, Plans.With(Options(1024)).Mounts[0].Parameters.Length);
        Assert.Equal("mounts[0].options: 1025 parameters of the file system, and punnet takes at most 1024", Plans.Refusal(Options(1025)));
    }

    [Fact]
    public void Mounts_keep_their_order_and_places()
    {
        ContainerPlan plan = Plans.With("""{"mounts":[{"destination":"/b","type":"xfs"},{"destination":"/a","type":"xfs"},{"destination":"/b","type":"xfs"}]}""");

        Plans.AssertSection(
            "mount xfs (xfs) on /b (mounts[0]) | mount xfs (xfs) on /a (mounts[1]) | mount xfs (xfs) on /b (mounts[2])", "mounts", plan);
    }

    [Theory]
    [InlineData("bind", "/dev", false)]
    [InlineData("rbind", "/dev/", false)]
    [InlineData("bind", "/dev/shm", true)]
    [InlineData("tmpfs", "/dev", true)]
    public void Devices_are_made_unless_dev_is_a_bind(string type, string destination, bool expected)
    {
        ContainerPlan plan = Plans.With("{\"mounts\":[{\"destination\":\"" + destination + "\",\"type\":\"" + type
            + "\",\"source\":\"/dev\"}]}");

        Assert.Equal(expected, plan.MakesDevices);
        Assert.Equal(!expected, Plans.Section(plan, "devices").SequenceEqual(["none: /dev is the host's"]));
    }

    // Every option that features prints, against a file system that would be handed an option that is not known; what is for binds alone
    // against a bind, which refuses one.
    [Fact]
    public void Every_named_option_has_a_meaning_and_is_not_a_parameter()
    {
        foreach (string option in MountOptions.Names)
        {
            string type = option is "idmap" or "ridmap" or "copy-symlink" or "src-nofollow" ? "bind" : "tmpfs";
            MountStep step = Plans.With("{\"mounts\":[{\"destination\":\"/mnt\",\"type\":\"" + type
                + "\",\"source\":\"/srv\",\"options\":[\"" + option + "\"]}]," + UserNamespace + "}").Mounts[0];
            string? flag = option switch
            {
                "sync" or "async" or "dirsync" or "lazytime" or "nolazytime" or "mand" or "nomand" or "iversion" or "noiversion" => option,
                "rsync" or "rasync" or "rdirsync" or "rmand" or "rnomand" => option[1..],
                _ => null,
            };
            Assert.Equal(flag is not null ? [new MountParameter(CString.Of(flag), default)] : [], step.Parameters);
        }
    }

    [Fact]
    public void The_named_options_are_sorted_and_each_stands_once() =>
        Assert.Equal(MountOptions.Names.Distinct().Order(System.StringComparer.Ordinal), MountOptions.Names);

    private const string UserNamespace = """
        "linux":{"namespaces":[{"type":"mount"},{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":1,"size":1}],"gidMappings":[{"containerID":0,"hostID":1,"size":1}]}
        """;

    private static string Overlay(string option) =>
        """{"mounts":[{"destination":"/mnt","type":"overlay","options":[""" + "\"" + option + "\"]}]}";
}
