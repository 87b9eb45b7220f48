using System.IO;
using System.Text.Json.Nodes;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>A fifo where punnet reads a file: its writer is waited for, without end only where it is the caller who has named it.</summary>
public sealed class FifoTests : ContainerTest
{
    [Fact]
    public void A_fifo_is_read_wherever_the_caller_may_write_a_file()
    {
        Container container = NewContainer().Runs("echo", "of a fifo");
        container.Bundle.Write();
        string config = container.Bundle.Path + "/config.json", text = File.ReadAllText(config);
        string[] run = container.Command("run", "--bundle", container.Bundle.Path, container.Id).Words;

        // The bundle's own, from a writer that is slow.
        File.Delete(config);
        Assert.Equal(0, Syscall.mkfifo(config, FilePermissions.DEFFILEMODE));
        Assert.Equal("of a fifo\n", Written(text, config, run).Stdout);
        File.Delete(config);

        container.Sleeps().CreateAndStart();
        JsonObject process = container.Bundle.Config["process"]!.DeepClone().AsObject();
        process["args"] = new JsonArray("echo", "of a pipe");
        string fifo = container.Directory + "/fifo";
        Assert.Equal(0, Syscall.mkfifo(fifo, FilePermissions.DEFFILEMODE));
        Assert.Equal(
            "of a pipe\n", Written(process.ToJsonString(), fifo, container.Command("exec", "--process", fifo, container.Id).Words).Stdout);
        Assert.Equal("", Written("{}", fifo, container.Command("update", "--resources", fifo, container.Id).Words).Stdout);
    }

    [Fact]
    public void The_wait_for_a_config_json_without_a_writer_has_an_end()
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Sleeps();
        string config = container.Bundle.Path + "/config.json";
        Assert.Equal(0, Syscall.mkfifo(config, FilePermissions.DEFFILEMODE));
        const string Words = "config.json is not a regular file, and nothing was written to it for 10 seconds";
        container.Call("create", "--bundle", container.Bundle.Path, container.Id).Fails("punnet: create: " + Words);
        container.AssertNothingLeft();
        File.Delete(config);
        container.CreateAndStart();
        File.Delete(config);
        Assert.Equal(0, Syscall.mkfifo(config, FilePermissions.DEFFILEMODE));
        container.Exec("true").FailsWith(255, Words);
    }

    // The half of it, a pause, the other half.
    private static Outcome Written(string text, string fifo, string[] words)
    {
        string file = fifo + ".text";
        File.WriteAllText(file, text);
        string script = $"(head -c 1; sleep 0.3; cat) <{file} >{fifo} & \"$@\"; status=$?; wait; exit $status";
        return new Command("/bin/sh", ["-c", script, "sh", .. words]).Run().Succeeds();
    }
}
