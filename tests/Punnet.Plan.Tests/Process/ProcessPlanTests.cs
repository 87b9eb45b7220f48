using System;
using System.Linq;
using Punnet.Spec;
using Xunit;

namespace Punnet.Plan.Tests;

/// <summary>config.md#process: program, environment, user, limits, terminal.</summary>
public sealed class ProcessPlanTests
{
    [Theory]
    // Of equal names the last one counts, at its own place.
    [InlineData("""["A=1","B=2"]""", "HOME from /etc/passwd | env A=1 | env B=2")]
    [InlineData("""["A=1","B=2","A=3"]""", "HOME from /etc/passwd | env B=2 | env A=3")]
    [InlineData("""["A=","A==","B=x=y"]""", "HOME from /etc/passwd | env A== | env B=x=y")]
    [InlineData("""["a=1","A=2"," =3"]""", "HOME from /etc/passwd | env a=1 | env A=2 | env \" =3\"")]
    [InlineData("""["A=line\nline"]""", "HOME from /etc/passwd | env \"A=line\\nline\"")]
    // HOME is looked up where it is missing or empty.
    [InlineData("""["HOME=/root"]""", "env HOME=/root")]
    [InlineData("""["HOME="]""", "HOME from /etc/passwd")]
    [InlineData("""["HOME=/a","HOME="]""", "HOME from /etc/passwd")]
    [InlineData("""["HOME=","HOME=/a"]""", "env HOME=/a")]
    [InlineData("""["HOMES=/a"]""", "HOME from /etc/passwd | env HOMES=/a")]
    public void The_environment_becomes(string env, string expected) =>
        Assert.Equal(expected, Lines(Plans.With("{\"process\":{\"env\":" + env + "}}"), "env ", "HOME "));

    [Theory]
    [InlineData("\"sh\"", """["PATH=/bin:/usr/bin"]""", "look for /bin/sh | look for /usr/bin/sh")]
    [InlineData("\"sh\"", """["PATH=/a","PATH=/b"]""", "look for /b/sh")]
    [InlineData("\"sh\"", """["PATH=:/bin::.:relative:/usr/bin:"]""", "look for /bin/sh | look for /usr/bin/sh")]
    [InlineData("\"sh\"", """["PATH=/bin/"]""", "look for /bin//sh")]
    [InlineData("\"sh\"", """["PATH="]""", "")]
    [InlineData("\"sh\"", "[]",
        "look for /usr/local/sbin/sh | look for /usr/local/bin/sh | look for /usr/sbin/sh | look for /usr/bin/sh | look for /sbin/sh | "
        + "look for /bin/sh")]
    [InlineData("\"./sh\"", """["PATH=/bin"]""", "look for ./sh")]
    [InlineData("\"bin/sh\"", """["PATH=/bin"]""", "look for bin/sh")]
    [InlineData("\"/bin/sh\"", """["PATH=/usr/bin"]""", "look for /bin/sh")]
    [InlineData("\"..\"", """["PATH=/bin"]""", "look for /bin/..")]
    public void The_program_is_looked_for(string program, string env, string expected) =>
        Assert.Equal(expected, Lines(Plans.With("{\"process\":{\"args\":[" + program + "],\"env\":" + env + "}}"), "look for "));

    [Theory]
    [InlineData("""{}""", "groups none | user 0:0 | umask 022")]
    [InlineData("""{"uid":1000,"gid":1001}""", "groups none | user 1000:1001 | umask 022")]
    [InlineData("""{"uid":4294967294,"gid":4294967294}""", "groups none | user 4294967294:4294967294 | umask 022")]
    [InlineData("""{"additionalGids":[5,5,0]}""", "groups 5 5 0 | user 0:0 | umask 022")]
    [InlineData("""{"umask":0}""", "groups none | user 0:0 | umask 0")]
    [InlineData("""{"umask":63}""", "groups none | user 0:0 | umask 077")]
    [InlineData("""{"umask":511}""", "groups none | user 0:0 | umask 0777")]
    public void The_user_becomes(string user, string expected) =>
        Assert.Equal(expected, Lines(Plans.With("{\"process\":{\"user\":" + user + "}}"), "groups ", "user ", "umask "));

    [Theory]
    [InlineData("""{"type":"RLIMIT_CPU","soft":0,"hard":1}""", "limit RLIMIT_CPU 0 of 1 (process.rlimits[0])")]
    [InlineData("""{"type":"RLIMIT_RTTIME","soft":5,"hard":18446744073709551615}""",
        "limit RLIMIT_RTTIME 5 of unlimited (process.rlimits[0])")]
    [InlineData("""{"type":"RLIMIT_NOFILE","soft":2,"hard":2},{"type":"RLIMIT_CORE","soft":18446744073709551615,"hard":18446744073709551615}""", "limit RLIMIT_NOFILE 2 of 2 (process.rlimits[0]) | limit RLIMIT_CORE unlimited of unlimited (process.rlimits[1])")]
    public void Limits_become(string limits, string expected) =>
        Assert.Equal(expected, Lines(Plans.With("{\"process\":{\"rlimits\":[" + limits + "]}}"), "limit "));

    // getrlimit(2) and asm-generic/resource.h: sixteen kinds, and their numbers.
    [Fact]
    public void Every_limit_has_its_number()
    {
        string[] names = ["CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK", "AS", "LOCKS", "SIGPENDING",
            "MSGQUEUE", "NICE", "RTPRIO", "RTTIME"];
        string limits = string.Join(',', names.Select(name => "{\"type\":\"RLIMIT_" + name + "\",\"soft\":1,\"hard\":2}"));

        Assert.Equal(Enumerable.Range(0, 16),
            Plans.With("{\"process\":{\"rlimits\":[" + limits + "]}}").Process.Limits.Select(limit => (int)limit.Kind));
    }

    [Theory]
    [InlineData("""{"terminal":true}""", "terminal of 0 rows and 0 columns")]
    [InlineData("""{"terminal":true,"consoleSize":{"height":24,"width":80}}""", "terminal of 24 rows and 80 columns")]
    [InlineData("""{"terminal":true,"consoleSize":{"height":65535,"width":65535}}""", "terminal of 65535 rows and 65535 columns")]
    [InlineData("""{"terminal":false,"consoleSize":{"height":24,"width":80}}""", "")]
    [InlineData("""{"consoleSize":{"height":99999,"width":80}}""", "")]
    [InlineData("""{"oomScoreAdj":0}""", "oom_score_adj 0")]
    [InlineData("""{"oomScoreAdj":-1000}""", "oom_score_adj -1000")]
    [InlineData("""{"oomScoreAdj":1000}""", "oom_score_adj 1000")]
    [InlineData("""{"noNewPrivileges":true}""", "no_new_privs")]
    public void A_property_becomes(string process, string expected) =>
        Assert.Equal(expected, Lines(Plans.With("{\"process\":" + process + "}"), "terminal", "oom", "no_new"));

    [Theory]
    [InlineData("""{"args":[]}""", "process.args: args must not be empty")]
    [InlineData("""{"args":null}""", "process.args: args must not be empty")]
    [InlineData("""{"cwd":null}""", "process.cwd: Cwd property must not be empty")]
    [InlineData("""{"cwd":""}""", "process.cwd: Cwd property must not be empty")]
    [InlineData("""{"cwd":"tmp"}""", "process.cwd: Cwd must be an absolute path, and \"tmp\" is not")]
    [InlineData("""{"env":["A=1","B"]}""", "process.env[1]: invalid environment variable: missing '='")]
    [InlineData("""{"env":["=1"]}""", "process.env[0]: invalid environment variable: name cannot be empty")]
    [InlineData("""{"env":[""]}""", "process.env[0]: invalid environment variable: missing '='")]
    [InlineData("""{"user":{"umask":512}}""", "process.user.umask: 512 is more than 511 (octal 777)")]
    // setresuid(2), setgroups(2): -1 would leave the id as it is, which is root.
    [InlineData("""{"user":{"uid":4294967295}}""", "process.user.uid: 4294967295 is not an id: expected 0 to 4294967294")]
    [InlineData("""{"user":{"gid":4294967295}}""", "process.user.gid: 4294967295 is not an id: expected 0 to 4294967294")]
    [InlineData("""{"user":{"additionalGids":[0,4294967295]}}""",
        "process.user.additionalGids[1]: 4294967295 is not an id: expected 0 to 4294967294")]
    [InlineData("""{"oomScoreAdj":-1001}""", "process.oomScoreAdj: -1001 is not from -1000 to 1000")]
    [InlineData("""{"oomScoreAdj":1001}""", "process.oomScoreAdj: 1001 is not from -1000 to 1000")]
    [InlineData("""{"terminal":true,"consoleSize":{"height":65536,"width":1}}""", "process.consoleSize.height: 65536 is more than 65535")]
    [InlineData("""{"terminal":true,"consoleSize":{"height":1,"width":65536}}""", "process.consoleSize.width: 65536 is more than 65535")]
    [InlineData("""{"rlimits":[{"soft":1,"hard":1}]}""", "process.rlimits[0].type: is missing")]
    [InlineData("""{"rlimits":[{"type":"NOFILE","soft":1,"hard":1}]}""",
        "process.rlimits[0].type: \"NOFILE\" is not a resource limit (RLIMIT_*)")]
    [InlineData("""{"rlimits":[{"type":"rlimit_core","soft":1,"hard":1}]}""",
        "process.rlimits[0].type: \"rlimit_core\" is not a resource limit (RLIMIT_*)")]
    [InlineData("""{"rlimits":[{"type":"RLIMIT_CPU","soft":1,"hard":1},{"type":"RLIMIT_AS","soft":1,"hard":1},{"type":"RLIMIT_CPU","soft":2,"hard":2}]}""", "process.rlimits[2].type: \"RLIMIT_CPU\" is given twice")]
    [InlineData("""{"rlimits":[{"type":"RLIMIT_CPU","soft":2,"hard":1}]}""", "process.rlimits[0].soft: 2 is more than the hard limit, 1")]
    [InlineData("""{"rlimits":[{"type":"RLIMIT_CPU","soft":18446744073709551615,"hard":1}]}""",
        "process.rlimits[0].soft: 18446744073709551615 is more than the hard limit, 1")]
    public void A_process_is_refused(string process, string expected) =>
        Assert.Equal(expected, Plans.Refusal("{\"process\":" + process + "}"));

    [Theory]
    [InlineData("", "args: args must not be empty")]
    [InlineData("process", "process.args: args must not be empty")]
    public void A_document_that_is_only_a_process_has_its_own_places(string at, string expected)
    {
        SpecException refusal = Assert.Throws<SpecException>(() => Planner.PlanExec(new Config(), new Process { Cwd = "/" }, at, Plans.Host,
            ownsUser: false));

        Assert.Equal(expected, refusal.Message);
    }

    private static string Lines(ContainerPlan plan, params string[] starts) =>
        string.Join(
            " | ", Plans.Section(plan, "process").Where(line => starts.Any(start => line.StartsWith(start, StringComparison.Ordinal))));
}
