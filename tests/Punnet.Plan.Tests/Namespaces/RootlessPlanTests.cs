using System.Text;
using Punnet.Abi;
using Xunit;

namespace Punnet.Plan.Tests;

/// <summary>What is planned differently for an ordinary user.</summary>
public sealed class RootlessPlanTests
{
    private static readonly HostFacts Ordinary = Plans.Host with { EffectiveUser = 1000, EffectiveGroup = 1001, Capabilities = 0 };

    [Theory]
    [InlineData("0 1000 1\n", true)]
    [InlineData("5 1000 1\n", true)]
    [InlineData("0 1000 2\n", false)]
    [InlineData("0 1000 10\n", false)]
    [InlineData("0 10001 1\n", false)]
    [InlineData("0 100 1\n", false)]
    [InlineData("0 1000 1\n1 100000 1\n", false)]
    [InlineData("", false)]
    public void Only_the_own_id_is_written_without_help(string map, bool isOnly)
    {
        Assert.Equal(isOnly, RootlessIds.IsOnly(CString.Of(map), 1000));
    }

    [Fact]
    public void The_user_namespace_is_joined_last_by_root_and_first_by_who_has_no_other_rights()
    {
        const string Joins = """
            {"linux":{"namespaces":[{"type":"mount"},{"type":"network","path":"/n"},{"type":"user","path":"/u"},{"type":"ipc","path":"/i"}]}}
            """;
        Assert.Equal("/n /i /u", Order(Plans.With(Joins)));
        Assert.Equal("/u /n /i", Order(Plans.With(Joins, Ordinary)));
        Assert.Equal("/n /i /u", Order(Plans.With(Joins, Ordinary with { Capabilities = 1UL << 21 })));
    }

    [Theory]
    [InlineData("""[{"containerID":0,"hostID":1001,"size":1}]""", true)]
    [InlineData("""[{"containerID":0,"hostID":1001,"size":1},{"containerID":1,"hostID":100000,"size":10}]""", false)]
    public void More_groups_are_refused_where_only_the_own_one_is_mapped(string groups, bool isRefused)
    {
        string patch = $$$"""
            {"process":{"user":{"uid":0,"gid":0,"additionalGids":[5]}},
             "linux":{"namespaces":[{"type":"mount"},{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":1000,"size":1}],"gidMappings":{{{groups}}}}}
            """;
        if (isRefused)
        {
            Assert.Equal(
                "process.user.additionalGids: cannot set any additional groups in a rootless container that maps only the user's own group "
                + "(linux.gidMappings)",
                Plans.Refusal(patch, Ordinary));
        }
        else
        {
            _ = Plans.With(patch, Ordinary);
        }

        _ = Plans.With(patch);
    }

    private static string Order(ContainerPlan plan)
    {
        StringBuilder paths = new();
        foreach (NamespaceJoin join in plan.Namespaces.Joins)
        {
            paths.Append(paths.Length == 0 ? "" : " ").Append(join.Path.ToString());
        }

        return paths.ToString();
    }
}
