using System.Collections.Generic;
using System.Linq;
using Punnet.Abi;
using Xunit;

namespace Punnet.Plan.Tests;

/// <summary>The text of a plan, which is only worth reviewing if it leaves nothing out.</summary>
public sealed class PlanTextTests
{
    private const string Sample = """
        {
          "hostname": "web1", "domainname": "example.org", "annotations": { "run.oci.delegate-cgroup": "inner" },
          "mounts": [{ "destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": ["ro", "rro", "slave", "size=1m"] },
            { "destination": "/ids", "type": "bind", "source": "/srv", "options": ["ridmap"],
              "uidMappings": [{ "containerID": 0, "hostID": 1, "size": 1 }], "gidMappings": [{ "containerID": 0, "hostID": 1, "size": 1 }] }],
          "process": {
            "terminal": true, "consoleSize": { "height": 24, "width": 80 }, "oomScoreAdj": 5, "env": ["A=1"],
            "user": { "additionalGids": [7] }, "rlimits": [{ "type": "RLIMIT_CORE", "soft": 1, "hard": 2 }],
            "scheduler": { "policy": "SCHED_DEADLINE", "flags": ["SCHED_FLAG_RECLAIM"], "runtime": 1, "deadline": 2, "period": 3 },
            "ioPriority": { "class": "IOPRIO_CLASS_BE", "priority": 4 }, "execCPUAffinity": { "initial": "0-1", "final": "64" },
            "apparmorProfile": "web", "selinuxLabel": "u:r:t:s0"
          },
          "linux": {
            "namespaces": [{ "type": "mount" }, { "type": "uts" }, { "type": "user" }, { "type": "time" }, { "type": "network" }, { "type": "ipc", "path": "/run/ipc" }],
            "uidMappings": [{ "containerID": 0, "hostID": 1, "size": 1 }], "gidMappings": [{ "containerID": 0, "hostID": 1, "size": 1 }],
            "timeOffsets": { "monotonic": { "secs": 1 } }, "sysctl": { "kernel.sem": "1" },
            "mountLabel": "u:r:t:s0", "netDevices": { "eth1": { "name": "lan0" } },
            "personality": { "domain": "LINUX32" }, "memoryPolicy": { "mode": "MPOL_BIND", "nodes": "0,65", "flags": ["MPOL_F_STATIC_NODES"] },
            "maskedPaths": ["/proc/kcore"], "readonlyPaths": ["/proc/sys"], "resources": { "pids": { "limit": 5 } },
            "intelRdt": { "closID": "gold", "schemata": ["L3:0=f"], "enableMonitoring": true }
          },
          "hooks": {
            "prestart": [{ "path": "/1", "env": ["A=1"] }], "createRuntime": [{ "path": "/2", "env": ["A=1"] }],
            "createContainer": [{ "path": "/3", "env": ["A=1"] }], "startContainer": [{ "path": "/4", "env": ["A=1"] }],
            "poststart": [{ "path": "/5", "env": ["A=1"] }], "poststop": [{ "path": "/6", "env": ["A=1"] }]
          }
        }
        """;

    [Fact]
    public void Whatever_changes_in_a_plan_changes_its_text()
    {
        ContainerPlan plan = Everything();
        PlanVariations variations = new();
        string text = PlanText.Of(plan);
        List<string> unseen = [];
        foreach ((string place, object changed) in variations.Of(plan))
        {
            if (PlanText.Of((ContainerPlan)changed) == text)
            {
                unseen.Add(place);
            }
        }

        Assert.Empty(unseen);
        Assert.Empty(variations.Untried());
    }

    [Fact]
    public void The_same_config_makes_the_same_text() => Assert.Equal(PlanText.Of(Plans.With(Sample)), PlanText.Of(Plans.With(Sample)));

    [Fact]
    public void A_step_stays_on_its_line_whatever_a_text_holds()
    {
        ContainerPlan plan = Plans.With("""{"process":{"args":["/bin/sh","a b","","\"","\\","\n\t\u0001\u007f","-","ä"],"env":["A=x\n  env B=y"]}}""");

        List<string> lines = Plans.Section(plan, "process");
        Assert.Contains("""args /bin/sh "a b" "" "\"" "\\" "\n\t\x01\x7f" "-" ä""", lines);
        Assert.Contains("""env "A=x\n  env B=y" """.TrimEnd(), lines);
    }

    [Fact]
    public void A_section_without_steps_has_no_heading()
    {
        string[] headings = PlanText.Of(Plans.With("{}")).Split('\n').Where(line => line.Length > 0 && line[0] != ' ').ToArray();

        Assert.Equal(["cgroup", "namespaces", "root", "devices", "process"], headings);
    }

    [Theory]
    [InlineData(false, "enter by pivot_root after the createContainer hooks")]
    [InlineData(true, "enter by moving the mount after the createContainer hooks")]
    public void No_pivot_shows(bool noPivot, string expected) =>
        Assert.Contains(
            expected, Plans.Section(Plans.With("{}", options: new PlanOptions("web1", "/bundle", noPivot, false, false)), "root"));

    private static SystemdUnit Unit { get; } = new("web1.scope", "system.slice", IsSlice: false)
    {
        Properties = [new UnitProperty("After", new BusArray("s", [BusText.Of("a.service")]), "annotations[\"a\"]")],
        Devices = [new UnitDevice("char-136", "rwm")],
        SubGroup = "container",
    };

    // Some things no config can ask for yet: the text has them all the same.
    private static ContainerPlan Everything()
    {
        ContainerPlan plan = Plans.With(Sample);
        CgroupWrite write = plan.Resources.Writes[0];
        return plan with
        {
            Overlay = new OverlayPlan
            {
                Layers = [new LayerStep(CString.Of("/base"), "root.path"), new LayerStep(CString.Of("/app"), "--layer")],
                Upper = CString.Of("/upper"),
                UpperPlace = "--upper",
                TmpfsSize = CString.Of("1024"),
                OwnsUpper = true,
                MapsIds = true,
                UserXattr = true,
                Options = [new MountParameter(CString.Of("index"), CString.Of("off")),
                    new MountParameter(CString.Of("userxattr"), default)],
            },
            Cgroup = plan.Cgroup with { Unit = Unit, Owner = 1000 },
            Resources = new ResourcePlan(
                [write with { Fallback = write }], [new UsageCheck("memory limit", 5, "linux.resources.memory.limit")], ["a warning"]),
            Process = plan.Process with
            {
                Seccomp = new SeccompPlan
                {
                    Program = [default, default],
                    Verdicts = [default, default],
                    Flags = SeccompFilterFlags.Log,
                    NeedsListener = true,
                    ListenerPath = "/run/agent",
                    ListenerMetadata = "data",
                    IgnoredNames = ["no_such_call"],
                },
                Warnings = ["a warning"],
            },
        };
    }
}
