using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json.Nodes;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <content>Numbers, names and files that are read wrongly, or without an end.</content>
public sealed partial class CveTests
{
    [Fact]
    public void CVE_2016_3697_A_user_of_the_image_whose_name_is_a_number_is_nobody()
    {
        Container container = NewContainer().RunsScript("id -u; echo $HOME");
        File.WriteAllText(container.Bundle.Rootfs + "/etc/passwd", "1000:x:0:0::/evil:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n");
        Assert.Equal("0 /evil\n", Naively(container, "awk -F: '$1 == \"1000\" { print $3, $6; exit }' $R/etc/passwd"));
        container.Bundle.Set("process.user", """{"uid":1000,"gid":1000}""");
        Assert.Equal("1000\n/home/user\n", container.RunToEnd());
        container.Sleeps().CreateAndStart();
        Assert.Equal("1000\n", container.ExecWith(["-u", "1000"], "id", "-u").Succeeds().Stdout);
    }

    [Theory]
    [InlineData("1:")]
    [InlineData("1:x")]
    [InlineData("-1")]
    [InlineData("1:-1")]
    [InlineData("4294967296")]
    [InlineData("1:4294967296")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1x")]
    [InlineData("0x1")]
    [InlineData(":1")]
    [InlineData("1:2:3")]
    [InlineData("root")]
    public void CVE_2026_30892_A_user_that_is_no_number_is_refused(string user)
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        // As strtol(3) of one who does not look where it ended: a number, and for some of them it is root's.
        Assert.Matches("^-?[0-9]+\n$", Naively(container, $"awk 'BEGIN {{ printf \"%d\\n\", \"{user}\" + 0 }}'"));
        Outcome outcome = container.ExecWith(["--user=" + user], "id");
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.DoesNotContain("uid=", outcome.Stdout, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1", "1:0")]
    [InlineData("1:2", "1:2")]
    [InlineData("4294967294", "4294967294:0")]
    public void CVE_2026_30892_A_user_that_is_a_number_is_that_user(string user, string expected)
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Assert.Equal(expected + "\n", container.ExecWith(["--user", user], "sh", "-c", "echo $(id -u):$(id -g)").Succeeds().Stdout);
    }

    [Fact]
    public void CVE_2021_43784_More_than_64_KiB_of_mappings_is_a_clean_error()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.UserNamespace();
        List<string> mappings = [];
        for (int index = 0; index < 5000; index++)
        {
            mappings.Add($$"""{"containerID":{{index}},"hostID":{{100000 + (index * 2)}},"size":1}""");
        }

        string text = "[" + string.Join(',', mappings) + "]";
        // In the 16 bits of a netlink attribute this is a short message, and the rest is the next one.
        Assert.True((ushort)text.Length < text.Length, "no attack");
        container.Bundle.Set("linux.uidMappings", text);
        container.TryCreate().Fails();
        container.AssertNothingLeft();
    }

    // One value of each length around which a length of 8, 15 or 16 bits, or of a page, goes wrong.
    [Theory]
    [InlineData(255)]
    [InlineData(32768)]
    [InlineData(65535)]
    [InlineData(65536)]
    [InlineData(65537)]
    [InlineData(131071)]
    public void CVE_2021_43784_Long_values_arrive_whole(int length)
    {
        Container container = NewContainer();
        string rest = new('x', length - "LONG=".Length);
        container.Bundle.SetList("process.env", "PATH=/bin", "LONG=" + rest, "NEXT=1");
        container.Bundle.SetList("process.args", "/bin/sh", "-c", "echo ${#LONG} $NEXT ${#0} $1", new string('z', length), "2");
        Assert.Equal($"{rest.Length} 1 {length} 2\n", container.RunToEnd());
    }

    [Theory]
    [InlineData("huge")]
    [InlineData("lines")]
    [InlineData("entries")]
    public void CVE_2026_135844_A_passwd_of_any_size_is_read_up_to_a_limit(string kind)
    {
        Container container = NewContainer().RunsScript("echo $HOME");
        string path = container.Bundle.Rootfs + "/etc/passwd";
        using (FileStream file = File.Create(path))
        {
            if (kind == "huge")
            {
                file.SetLength(1L << 40);
                file.Position = file.Length;
            }

            byte[] filling = new byte[16 << 20];
            Array.Fill(filling, (byte)'\n');
            file.Write(filling);
            file.Write("user:x:7:7::/behind:/bin/sh\n"u8);
        }

        if (kind == "huge")
        {
            // With 200 MB of memory and some seconds of the processor.
            Assert.Equal("", Naively(container, "ulimit -v 200000; ulimit -t 1; awk -F: '$3 == 7 { print $6 }' $R/etc/passwd"));
        }

        container.Bundle.Set("process.user", """{"uid":7,"gid":7}""");
        string[] words = ["-c", "ulimit -v 1000000; ulimit -t 20; exec \"$@\"", "sh", .. container.RunCommand().Words];
        Assert.Equal("/\n", new Command("/bin/sh", words).Run().Succeeds().Stdout);
    }

    [Fact]
    public void CVE_2026_61801_A_line_of_passwd_of_any_length_takes_no_memory()
    {
        Container container = NewContainer().RunsScript("echo $HOME");
        File.WriteAllLines(container.Bundle.Rootfs + "/etc/passwd",
        [
            $"x:x:1:1:{new string('x', 8 << 20)}:/no:/bin/sh",
            $"user:x:7:7:{new string('x', 4000)}:/no:/bin/sh",
            "user:x:7:7::/home/user:/bin/sh",
        ]);
        Assert.Equal("/no\n", Naively(container, "awk -F: '$3 == 7 { print $6; exit }' $R/etc/passwd"));
        container.Bundle.Set("process.user", """{"uid":7,"gid":7}""");
        Assert.Equal("/home/user\n", container.RunToEnd());
    }

    [Theory]
    [InlineData("1+kernel.msgmax=7777")]
    [InlineData("1\nkernel.msgmax=7777")]
    [InlineData("1 kernel.msgmax=7777")]
    public void CVE_2022_0811_A_parameter_has_one_value(string value)
    {
        Container container = NewContainer().Runs("cat", "/proc/sys/kernel/msgmax");
        string before = container.RunToEnd();
        Assert.NotEqual("7777\n", before);
        // A helper that takes a list with this sign between its items.
        Assert.Equal("7777\n", Unshared("1+kernel.msgmax=7777"));
        container.Bundle.Set("linux.sysctl", new JsonObject { ["kernel.shm_rmid_forced"] = value }.ToJsonString());
        // The kernel refuses what does not begin with a number, or takes the number alone.
        Outcome outcome = container.Run();
        Assert.Equal(outcome.ExitCode == 0 ? before : "", container.Output);
        Assert.Contains(outcome.ExitCode == 0 ? "" : "kernel.shm_rmid_forced", container.Errors, StringComparison.Ordinal);
    }

    private static string Unshared(string value)
    {
        const string Helper = """
            list=kernel.shm_rmid_forced=$1
            IFS=+; for item in $list; do name=${item%%=*}; echo "${item#*=}" >/proc/sys/kernel/${name#kernel.}; done
            cat /proc/sys/kernel/msgmax
            """;
        return new Command("unshare", ["--ipc", "/bin/sh", "-c", Helper, "sh", value]).Run().Stdout;
    }
}
