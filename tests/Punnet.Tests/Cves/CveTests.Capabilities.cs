using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <content>Inheritable capabilities that nobody asked for.</content>
public sealed partial class CveTests
{
    private static readonly string[] inheritable = ["grep", "CapInh", "/proc/self/status"];

    [Fact]
    public void CVE_2022_29162_A_container_inherits_no_capabilities_of_its_caller()
    {
        Container container = NewContainer().Runs(inheritable);
        AssertNone(FromCaller([.. container.RunCommand().Words]), container.Output);
        container.Sleeps().CreateAndStart();
        AssertNone(FromCaller(container.Command(["exec", container.Id, .. inheritable]).Words));
    }

    [Fact]
    public void CVE_2022_27650_An_exec_with_capabilities_adds_no_inheritable_ones()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        AssertNone(container.Exec(inheritable).Succeeds().Stdout);
        AssertNone(container.ExecWith(["--cap", "CAP_NET_RAW"], inheritable).Succeeds().Stdout);
        AssertNone(FromCaller(container.Command(["exec", "--cap", "CAP_NET_RAW", container.Id, .. inheritable]).Words));
    }

    [Theory]
    [InlineData("")]
    [InlineData(",\"inheritable\":[]")]
    public void CVE_2025_27612_An_exec_has_the_inheritable_capabilities_of_its_request_and_no_others(string requested)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.capabilities.inheritable", """["CAP_KILL"]""");
        container.CreateAndStart();
        AssertNone(FromCaller(container.Command("exec", "-p", Request(container, requested), container.Id).Words));
        string asked = Request(container, ""","inheritable":["CAP_KILL"]""");
        Assert.Equal("CapInh:\t0000000000000020\n", container.Call("exec", "-p", asked, container.Id).Succeeds().Stdout);
    }

    private static string Request(Container container, string more)
    {
        string file = container.Directory + "/process.json";
        File.WriteAllText(file, """
            {"args":["grep","CapInh","/proc/self/status"],"cwd":"/","user":{"uid":0,"gid":0},"env":["PATH=/bin"],
             "capabilities":{"bounding":["CAP_KILL"],"permitted":["CAP_KILL"],"effective":["CAP_KILL"]MORE}}
            """.Replace("MORE", more, StringComparison.Ordinal));
        return file;
    }

    // The caller has inheritable capabilities; a program that does nothing about it has them too.
    private static string FromCaller(string[] words)
    {
        string[] generous = ["--inh-caps", "+net_raw,+kill", "--"];
        string careless = new Command("setpriv", [.. generous, .. inheritable]).Run().Succeeds().Stdout;
        Assert.DoesNotContain("000000\n", careless, StringComparison.Ordinal);
        return new Command("setpriv", [.. generous, .. words]).Run().Succeeds().Stdout;
    }

    private static void AssertNone(params string[] texts)
    {
        Assert.Equal("CapInh:\t0000000000000000\n", string.Concat(texts));
    }
}
