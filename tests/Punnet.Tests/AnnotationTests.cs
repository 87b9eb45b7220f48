using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Annotations of crun that change what is done.</summary>
public sealed class AnnotationTests : ContainerTest
{
    [Theory]
    [InlineData("1", "0 42 43\n")]
    [InlineData("0", "0 7\n")]
    public void The_callers_groups_are_kept_on_demand(string value, string expected)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/setpriv"), "no setpriv");
        Container container = NewContainer().Runs("id", "-G");
        container.Bundle.Set("process.user.additionalGids", "[7]");
        container.Bundle.Set("annotations", $$"""{"run.oci.keep_original_groups":"{{value}}"}""");
        container.Bundle.Write();
        Outcome outcome = new Command(
            "/usr/bin/setpriv", ["--groups", "42,43", Runtime.Path, "--root", container.StateRoot, "run", "--bundle", container.Bundle.Path, container.Id]).Run();
        Assert.Equal(expected, outcome.Succeeds().Stdout);
    }

    [Fact]
    public void What_hooks_print_is_appended_to_the_files_that_are_named()
    {
        Container container = NewContainer().Sleeps();
        string output = container.Directory + "/hooks.out";
        string errors = container.Directory + "/hooks.err";
        File.WriteAllText(output, "before\n");
        container.Bundle.Set("annotations", $$"""{"run.oci.hooks.stdout":"{{output}}","run.oci.hooks.stderr":"{{errors}}"}""");
        foreach (string kind in new[] { "prestart", "createRuntime", "createContainer", "poststart", "poststop" })
        {
            container.Bundle.Add("hooks." + kind, $$"""{"path":"/bin/sh","args":["sh","-c","echo {{kind}}; echo {{kind}} wrong >&2"]}""");
        }

        container.CreateAndStart().Stop();
        container.Delete().Succeeds();
        Assert.Equal("before\nprestart\ncreateRuntime\ncreateContainer\npoststart\npoststop\n", File.ReadAllText(output));
        Assert.Equal("prestart wrong\ncreateRuntime wrong\ncreateContainer wrong\npoststart wrong\npoststop wrong\n", File.ReadAllText(errors));
    }

    [Fact]
    public void What_is_not_redirected_is_told_when_a_hook_fails()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("annotations", $$"""{"run.oci.hooks.stdout":"{{container.Directory}}/hooks.out"}""");
        container.Bundle.Add("hooks.createRuntime", """{"path":"/bin/sh","args":["sh","-c","echo out; echo err >&2; exit 3"]}""");
        container.TryCreate().Fails("error running createRuntime hook #0: exit status 3, output: err");
        Assert.Equal("out\n", File.ReadAllText(container.Directory + "/hooks.out"));
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_file_that_cannot_be_opened_is_named()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("annotations", """{"run.oci.hooks.stderr":"/no/such/place"}""");
        container.Bundle.Add("hooks.createRuntime", """{"path":"/bin/true"}""");
        container.TryCreate().Fails("cannot open /no/such/place for what hooks print (annotations[\"run.oci.hooks.stderr\"]): no such file or directory");
        container.AssertNothingLeft();
    }
}
