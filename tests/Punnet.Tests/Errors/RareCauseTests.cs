using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Causes that a test has to bring about on purpose: a kernel or a host that lacks something, and punnet in a chroot.</summary>
public sealed class RareCauseTests : ContainerTest
{
    private const string NeedsThread = "the .NET runtime starts its finalizer thread with clone3 before Main";

    private const string InChroot = "operation not permitted (EPERM)\nhint: punnet is in a chroot, where the kernel makes no user "
        + "namespaces\n";

    [Theory]
    [InlineData(Errno.ENFILE,
        "too many open files in system (ENFILE)\nhint: the host has as many open files as sysctl fs.file-max allows\n")]
    [InlineData(Errno.ENOMEM,
        "cannot allocate memory (ENOMEM)\nhint: the memory of the host, of punnet's cgroup (memory.max) or of its caller's limits (ulimit "
        + "-v, ulimit -d) is used up\n")]
    public void What_the_whole_host_has_too_little_of_is_told(Errno errno, string words)
    {
        Runtime.MustHaveStartup(NeedsThread);
        Container container = NewContainer().Sleeps();
        Under($"fsopen={(int)errno}", container).Fails(words);
        Under($"clone3={(int)errno}", container).Fails(words);
        container.AssertNothingLeft();
    }

    // What the kernel lacks has no file below /proc/self/ns either; the shell's is punnet's.
    [Fact]
    public void Namespaces_that_the_kernel_lacks_are_named()
    {
        Runtime.MustHaveStartup(NeedsThread);
        Container container = NewContainer().Sleeps();
        const string Script = """
            mount -t tmpfs none /proc/$$/ns && for kind in user pid ipc mnt cgroup time; do >/proc/$$/ns/$kind; done && exec "$@"
            """;
        Apart(Script, [Workplace.Program("refuse"), $"clone3={(int)Errno.EINVAL}", "--", .. container.CreateCommand().Words]).Fails(
            "cannot clone a process into new namespaces (linux.namespaces): invalid argument (EINVAL)\nhint: "
            + "this kernel has no namespaces of the kind net, uts\n");
        container.AssertNothingLeft();
    }

    [Fact]
    public void The_error_names_a_chroot_as_the_reason_for_no_user_namespace()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.UserNamespace();
        string root = Directory.CreateDirectory(container.Directory + "/chroot").FullName;
        const string Copy = """
            for name in /*; do
                if [ -h "$name" ]; then cp -a "$name" "$0$name"; elif [ -d "$name" ]; then mkdir "$0$name" && mount --rbind "$name" "$0$name"; fi
            done
            exec chroot "$0" "$@"
            """;
        Apart(Copy, container.CreateCommand().Words, root).Fails(InChroot);

        // A chroot that is a mount looks like any root; process 1 has another one.
        Apart("mount --rbind / \"$0\" && chroot \"$0\" \"$@\"", container.CreateCommand().Words, root).Fails(InChroot);
        container.AssertNothingLeft();
    }

    [Fact]
    public void More_processes_of_a_user_than_its_limit_are_why_a_program_is_not_executed()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Set("process.user", """{"uid":61299,"gid":61299}""");
        container.Bundle.Set("process.rlimits", """[{"type":"RLIMIT_NPROC","hard":0,"soft":0}]""");
        using RunningCommand other = new Command("/usr/bin/setpriv", ["--reuid", "61299", "--clear-groups", "sleep", "1000"]).Start();
        Eventually.True(() => File.ReadAllText($"/proc/{other.Pid}/comm") == "sleep\n", "the user has a process");
        container.Run().Fails("resource temporarily unavailable (EAGAIN)\nhint: user 61299 has as many processes as RLIMIT_NPROC allows "
            + "(process.rlimits)\n");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_device_on_a_read_only_place_is_told_so()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Mount("/fixed", "bind", Directory.CreateDirectory(container.Directory + "/fixed").FullName, "bind", "ro");
        container.Bundle.Add("linux.devices", """{"path":"/fixed/null","type":"c","major":1,"minor":3}""");
        container.TryCreate()
            .Fails("cannot make the device /fixed/null (linux.devices[0]): read-only file system (EROFS)\nhint: the place is read-only\n");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_device_that_punnet_may_not_make_and_the_host_does_not_have_is_told_so()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Add("linux.devices", """{"path":"/dev/of-nobody","type":"c","major":1,"minor":3}""");
        new Command("/usr/bin/setpriv", ["--bounding-set", "-mknod", "--inh-caps", "-mknod", .. container.CreateCommand().Words]).Run().Fails(
            "cannot make the device /dev/of-nobody (linux.devices[0]): operation not permitted (EPERM)\nhint: "
            + "punnet itself lacks CAP_MKNOD\n");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_namespace_that_punnet_has_no_right_to_join_is_told_with_what_it_lacks()
    {
        Container container = NewContainer().Sleeps();
        string file = container.Directory + "/net";
        container.Bundle.Namespace("network", file);
        string words = $"cannot join the namespace {file} (linux.namespaces[5].path): operation not permitted (EPERM)\nhint: ";
        const string Bind = "touch \"$0\" && mount --bind /proc/self/ns/net \"$0\" && exec \"$@\"";

        // The one of a user namespace above.
        Apart(Bind, Below(container), file).Fails(words + "it belongs to a user namespace in which punnet has no CAP_SYS_ADMIN\n");
        container.Bundle.UserNamespace();
        Apart(Bind, Below(container), file).Fails(words + "the namespace must belong to the container's user namespace\n");
        container.AssertNothingLeft();
    }

    private static string[] Below(Container container)
    {
        return ["/usr/bin/unshare", "--user", "--map-root-user", .. container.CreateCommand().Words];
    }

    private static Outcome Under(string refusal, Container container)
    {
        return new Command(Workplace.Program("refuse"), [refusal, "--", .. container.CreateCommand().Words]).Run();
    }

    // In a mount namespace of its own, whose process 1 is the shell; $0 is a path of the caller's choice.
    private static Outcome Apart(string script, string[] words, string zero = "sh")
    {
        return new Command(
            "/usr/bin/unshare",
            ["--mount", "--propagation", "private", "--fork", "--pid", "--mount-proc", "/bin/sh", "-c", script, zero, .. words]).Run();
    }
}
