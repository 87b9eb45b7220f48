using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>What <c>create</c> does as it is told, and that is probably not meant.</summary>
public sealed class CheckWarningTests : CheckTest
{
    private const string Allow = """linux.seccomp = {"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86_64"],"syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}""";
    private const string Refuse = """linux.seccomp = {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[]}""";

    [Theory]
    [InlineData("linux.maskPaths = []", "linux.maskPaths: is not a property that the specification has here")]
    [InlineData("windows = {}", "windows: is for another system")]
    [InlineData("process.commandLine = \"x\"", "process.commandLine: is for Windows")]
    [InlineData("process.consoleSize = {\"height\":1,\"width\":1}", "process.consoleSize: has no effect")]
    [InlineData("process.env + \"TERM=b\"", "process.env[1]: has no effect: TERM is set again in process.env[2]")]
    [InlineData("process.capabilities.bounding[0] = \"CAP_AUDIT_WRIT\"", "process.capabilities.bounding[0]: ignoring \"CAP_AUDIT_WRIT\"")]
    [InlineData("process.capabilities.permitted = [\"CAP_KILL\"]", "process.capabilities.effective: ignoring \"CAP_NET_BIND_SERVICE\"")]
    [InlineData("process.capabilities.ambient = [\"CAP_KILL\"]", "process.capabilities.ambient: can't raise ambient capability CAP_KILL")]
    [InlineData("process.capabilities.bounding = [\"CAP_KILL\"]",
        "process.capabilities.effective: the program does not have CAP_NET_BIND_SERVICE, CAP_AUDIT_WRITE: it is not in the bounding set")]
    [InlineData("process.user.uid = 7", "process.capabilities.effective: the program does not have CAP_KILL")]
    [InlineData("hooks.prestart = [{\"path\":\"/bin/true\"}]", "hooks.prestart: is deprecated")]
    [InlineData("hooks.poststop = [{\"path\":\"/nosuch\"}]",
        "hooks.poststop[0].path: poststop hook #0 cannot be run: /nosuch: no such file")]
    [InlineData("linux.intelRdt.enableCMT = true", "linux.intelRdt.enableCMT: is not in the specification since 1.3")]
    [InlineData("linux.resources.memory.kernel = 5", "linux.resources.memory.kernel: cgroup v2 counts kernel memory")]
    [InlineData("linux.personality = {\"domain\":\"LINUX\",\"flags\":[\"x\"]}", "linux.personality.flags: ignoring x")]
    [InlineData("ociVersion = \"\"", "ociVersion: is missing")]
    public void Of_the_process_and_the_rest(string change, string warning)
    {
        Container container = NewChanged(change);
        AssertAmong(container, "warning: " + warning);
        Assert.Equal(0, Check(container).Errors);
    }

    [Theory]
    [InlineData("mounts + {\"destination\":\"/tmp\",\"type\":\"tmpfs\",\"options\":[\"noexec\",\"exec\"]}",
        "mounts[7].options[0]: \"noexec\" has no effect: \"exec\" after it")]
    [InlineData("mounts + {\"destination\":\"/tmp\",\"type\":\"tmpfs\",\"options\":[\"noatime\",\"relatime\"]}",
        "mounts[7].options[0]: \"noatime\" has no effect")]
    [InlineData("mounts + {\"destination\":\"/tmp\",\"type\":\"tmpfs\",\"options\":[\"nosuidd\"]}",
        "mounts[7].options[0]: \"nosuidd\" is no option of every mount")]
    [InlineData("mounts + {\"destination\":\"/tmp\",\"type\":\"bind\",\"source\":\"/tmp\",\"options\":[\"sync\"]}",
        "mounts[7].options[0]: \"sync\" has no effect")]
    [InlineData("mounts + {\"destination\":\"tmp\",\"type\":\"tmpfs\"}", "mounts[7].destination: \"tmp\" is not absolute")]
    [InlineData("mounts + {\"destination\":\"/dev\",\"type\":\"tmpfs\"}",
        "mounts[7].destination: the mount on /dev hides mounts[1] (/dev), mounts[2] (/dev/pts)")]
    [InlineData("linux.maskedPaths + \"/proc/scsi/x\"",
        "linux.maskedPaths[10]: /proc/scsi/x has no effect here: linux.maskedPaths[9] hides it")]
    [InlineData("linux.maskedPaths + \"/dev/shm\"", "linux.maskedPaths[10]: masking /dev/shm hides mounts[3] (/dev/shm)")]
    [InlineData("linux.readonlyPaths + \"/proc/scsi\"",
        "linux.readonlyPaths[5]: /proc/scsi has no effect here: linux.maskedPaths[9] hides it")]
    public void Of_mounts_and_masks(string change, string warning) => AssertOnly(NewChanged(change), "warning: " + warning);

    [Theory]
    [InlineData("[\"ro\",\"nosuid\",\"relatime\",\"strictatime\",\"nodiratime\"]", 1)] // relatime, which strictatime undoes
    [InlineData("[\"nosuid\",\"noexec\",\"nodev\",\"relatime\",\"ro\"]", 0)]
    [InlineData("[\"ro\",\"ro\",\"mode=755\",\"size=65536k\"]", 0)]
    public void Options_that_go_together_do_not_contradict(string options, int warnings) => Assert.Equal(
        warnings, Check(NewChanged("mounts + {\"destination\":\"/tmp\",\"type\":\"tmpfs\",\"options\":" + options + "}")).Warnings);

    [Theory]
    [InlineData(Allow, "linux.seccomp.architectures + \"SCMP_ARCH_ARM\"",
        "linux.seccomp.architectures[1]: has no effect: no program of this machine")]
    [InlineData(Allow, "linux.seccomp.syscalls[0].names + \"wrte\"", "linux.seccomp.syscalls[0].names[1]: \"wrte\" is not a system call")]
    [InlineData(Allow, "linux.seccomp.listenerPath = \"/x\"", "linux.seccomp.listenerPath: has no effect")]
    [InlineData(Allow, """linux.seccomp.syscalls + {"names":["read"],"action":"SCMP_ACT_KILL"}""",
        "linux.seccomp.syscalls[1]: has no effect on \"read\": linux.seccomp.syscalls[0] decides")]
    [InlineData(Allow, """linux.seccomp.syscalls + {"names":["read"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":9,"op":"SCMP_CMP_EQ"}]}""",
        "linux.seccomp.syscalls[1]: has no effect on \"read\": an action that is the default action makes no rule")]
    [InlineData(Allow, """linux.seccomp.syscalls + {"names":["sync"],"action":"SCMP_ACT_ERRNO"}""",
        "linux.seccomp.syscalls[1]: has no effect: its action is the default action")]
    [InlineData(Allow, """linux.seccomp.syscalls + {"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":40,"op":"SCMP_CMP_NE"}]}""",
        "linux.seccomp.syscalls[1].args[0]: lets pass more than it seems: a filter compares 64 bits")]
    [InlineData(Refuse, """linux.seccomp.syscalls + {"names":["ioctl"],"action":"SCMP_ACT_ERRNO","args":[{"index":1,"value":21522,"op":"SCMP_CMP_EQ"}]}""",
        "linux.seccomp.syscalls[0].args[0]: lets pass more than it seems: a filter compares 64 bits")]
    [InlineData(Refuse, """linux.seccomp.syscalls + {"names":["lseek"],"action":"SCMP_ACT_ERRNO","args":[{"index":1,"value":1,"op":"SCMP_CMP_GE"},{"index":1,"value":9,"op":"SCMP_CMP_LE"}]}""",
        "linux.seccomp.syscalls[0].args[1]: lets pass more than it seems: two conditions on argument 1 are alternatives")]
    [InlineData(Refuse, """linux.seccomp.syscalls + {"names":["lseek"],"action":"SCMP_ACT_ERRNO","args":[{"index":1,"value":0,"valueTwo":1,"op":"SCMP_CMP_MASKED_EQ"}]}""",
        "linux.seccomp.syscalls[0].args[0].value: a mask of 0 compares nothing")]
    [InlineData(Refuse, """linux.seccomp.syscalls + {"names":["lseek"],"action":"SCMP_ACT_ERRNO","args":[{"index":1,"value":1,"valueTwo":2,"op":"SCMP_CMP_MASKED_EQ"}]}""",
        "linux.seccomp.syscalls[0].args[0].valueTwo: has bits that the mask in value lacks")]
    [InlineData(Refuse, """linux.seccomp.syscalls + {"names":["lseek"],"action":"SCMP_ACT_ERRNO","args":[{"index":1,"value":1,"valueTwo":2,"op":"SCMP_CMP_EQ"}]}""",
        "linux.seccomp.syscalls[0].args[0].valueTwo: has no effect")]
    public void Of_a_filter(string profile, string change, string warning) => AssertOnly(NewChanged(profile, change), "warning: " + warning);

    [Theory]
    [InlineData("""{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}""")]
    [InlineData("""{"names":["clone"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":2114060288,"op":"SCMP_CMP_MASKED_EQ"}]}""")]
    [InlineData("""{"names":["clone3"],"action":"SCMP_ACT_ERRNO","errnoRet":38}""")]
    public void What_a_rule_says_and_does_is_no_warning(string rule) =>
        Assert.Equal([], Check(NewChanged(Allow, "linux.seccomp.syscalls + " + rule)).Findings);

    [Fact]
    public void Of_a_call_that_32_bit_programs_make_through_another()
    {
        Container container = NewChanged(
            Allow, """linux.seccomp.architectures + "SCMP_ARCH_X86" """,
            """linux.seccomp.syscalls + {"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}""");
        AssertOnly(
            container, "warning: linux.seccomp.syscalls[1].args: lets pass more than it seems: programs of SCMP_ARCH_X86 make the call \"socket\" "
            + "through socketcall(2)");
    }

    [Fact]
    public void Of_a_property_that_is_there_twice()
    {
        Container container = NewContainer();
        container.Bundle.Write();
        string file = container.Bundle.Path + "/config.json";
        File.WriteAllText(file, File.ReadAllText(file).Replace("{\"ociVersion\"", "{\n\"hostname\":\"a\",\n\"ociVersion\"", System.StringComparison.Ordinal));
        PrintedFinding found = Assert.Single(
            Printed.Check(container.Call("check", "--format", "json", container.Bundle.Path).Succeeds().Stdout).Findings);
        Assert.Equal("warning: hostname: has no effect: the same object has it again in line 3", found.ToString());
        Assert.Equal((2, 1), (found.Line, found.Column));
    }
}
