using System.Linq;
using Xunit;

namespace Punnet.Plan.Tests;

/// <summary>config.md#posix-platform-hooks.</summary>
public sealed class HookPlanTests
{
    public static TheoryData<string> Kinds { get; } = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart",
        "poststop"];

    [Theory]
    [InlineData("""{"path":"/bin/h"}""", "/bin/h, args /bin/h, env inherited")]
    [InlineData("""{"path":"/bin/h","args":[]}""", "/bin/h, args /bin/h, env inherited")]
    [InlineData("""{"path":"/bin/h","args":["name"]}""", "/bin/h, args name, env inherited")]
    [InlineData("""{"path":"/bin/h","args":["","a b"]}""", "/bin/h, args \"\" \"a b\", env inherited")]
    [InlineData("""{"path":"/bin/h","env":null}""", "/bin/h, args /bin/h, env inherited")]
    [InlineData("""{"path":"/bin/h","env":[]}""", "/bin/h, args /bin/h, env empty")]
    [InlineData("""{"path":"/bin/h","env":["A=1","A=2","B"]}""", "/bin/h, args /bin/h, env A=1 A=2 B")]
    [InlineData("""{"path":"/bin/h","timeout":1}""", "/bin/h, args /bin/h, env inherited, at most 1 s")]
    [InlineData("""{"path":"/bin/h","timeout":604800}""", "/bin/h, args /bin/h, env inherited, at most 604800 s")]
    [InlineData("""{"path":"/bin/../h"}""", "/bin/../h, args /bin/../h, env inherited")]
    public void A_hook_becomes(string hook, string expected) =>
        Plans.AssertSection("hooks.poststop[0] " + expected, "hooks", Plans.With("{\"hooks\":{\"poststop\":[" + hook + "]}}"));

    [Theory]
    [InlineData("{}", ".path: is missing")]
    [InlineData("""{"path":""}""", ".path: is missing")]
    [InlineData("""{"path":"h"}""", ".path: \"h\" is not an absolute path")]
    [InlineData("""{"path":"./h"}""", ".path: \"./h\" is not an absolute path")]
    [InlineData("""{"path":"/h","timeout":0}""", ".timeout: 0 is not a number of seconds from 1 to 604800")]
    [InlineData("""{"path":"/h","timeout":-1}""", ".timeout: -1 is not a number of seconds from 1 to 604800")]
    [InlineData("""{"path":"/h","timeout":604801}""", ".timeout: 604801 is not a number of seconds from 1 to 604800")]
    public void A_hook_is_refused(string hook, string expected) =>
        Assert.Equal("hooks.createRuntime[1]" + expected, Plans.Refusal("""{"hooks":{"createRuntime":[{"path":"/h"},""" + hook + "]}}"));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Each_kind_has_its_own_place(string kind)
    {
        Plans.AssertSection(
            "hooks." + kind + "[0] /h, args /h, env inherited", "hooks", Plans.With("{\"hooks\":{\"" + kind + "\":[{\"path\":\"/h\"}]}}"));
        Assert.Equal("hooks." + kind + "[0].path: is missing", Plans.Refusal("{\"hooks\":{\"" + kind + "\":[{}]}}"));
    }

    [Fact]
    public void Hooks_run_in_their_order_whatever_order_config_json_has()
    {
        string hooks = string.Join(',', Kinds.Reverse().Select(kind => "\"" + kind.Data + "\":[{\"path\":\"/a\"},{\"path\":\"/b\"}]"));

        Assert.Equal(
            Kinds.SelectMany(kind => new[] { "hooks." + kind.Data + "[0] /a, args /a, env inherited",
            "hooks." + kind.Data + "[1] /b, args /b, env inherited" }),
            Plans.Section(Plans.With("{\"hooks\":{" + hooks + "}}"), "hooks"));
    }
}
