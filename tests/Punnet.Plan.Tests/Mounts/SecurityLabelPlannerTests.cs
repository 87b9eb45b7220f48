using System.Collections.Generic;
using Punnet.Spec;
using Xunit;

namespace Punnet.Plan.Tests;

/// <summary>process.apparmorProfile, process.selinuxLabel, linux.mountLabel, and the annotations that change a process.</summary>
public sealed class SecurityLabelPlannerTests
{
    [Fact]
    public void A_profile_is_asked_for_at_exec()
    {
        ProcessPlan plan = Planning.Plan(Planning.Process with { ApparmorProfile = "web" });
        Assert.Equal(("web", "exec web"), (plan.ApparmorProfile.ToString(), plan.ApparmorRequest.ToString()));
    }

    [Fact]
    public void An_empty_profile_and_an_empty_label_are_none()
    {
        ProcessPlan plan = Planning.Plan(Planning.Process with { ApparmorProfile = "", SelinuxLabel = "" });
        Assert.True(plan.ApparmorProfile.IsNull && plan.ApparmorRequest.IsNull && plan.SelinuxLabel.IsNull);
    }

    [Fact]
    public void A_label_is_planned_as_it_is_written() =>
        Assert.Equal("u:r:t:s0", Planning.Plan(Planning.Process with { SelinuxLabel = "u:r:t:s0" }).SelinuxLabel.ToString());

    [Theory]
    [InlineData("tmpfs", "context=u:r:t:s0")]
    [InlineData("devpts", "context=u:r:t:s0")]
    [InlineData("proc", "")]
    [InlineData("sysfs", "")]
    [InlineData("mqueue", "root u:r:t:s0")]
    [InlineData("cgroup", "")]
    public void A_mount_label_goes_to_the_file_systems_that_take_one(string type, string expected) =>
        Assert.Equal(expected, Parameters(new Dictionary<string, string>(), type));

    [Fact]
    public void The_message_queues_of_the_host_keep_their_label()
    {
        ContainerPlan plan = Planning.Plan(Planning.Config with
        {
            Mounts = [new Mount { Destination = "/mnt", Type = "mqueue", Source = "mqueue" }],
            Linux = Planning.Config.Linux! with { MountLabel = "u:r:t:s0" },
        });
        Assert.True(plan.Mounts[0].Label.IsNull && plan.Mounts[0].RootLabel.IsNull);
    }

    [Theory]
    [InlineData("context")]
    [InlineData("fscontext")]
    [InlineData("defcontext")]
    [InlineData("rootcontext")]
    public void The_kind_of_context_may_be_chosen_as_for_crun(string kind) =>
        Assert.Equal(kind + "=u:r:t:s0", Parameters(new Dictionary<string, string> { ["run.oci.mount_context_type"] = kind }, "tmpfs"));

    [Fact]
    public void An_invalid_kind_of_context_is_refused() => Assert.Equal(
        "annotations[\"run.oci.mount_context_type\"]: \"other\" is not a kind of context (context, fscontext, defcontext or rootcontext)",
        Planning.Refusal(() => Parameters(new Dictionary<string, string> { ["run.oci.mount_context_type"] = "other" }, "tmpfs")));

    [Theory]
    [InlineData("1", true)]
    [InlineData("", true)]
    [InlineData("0", false)]
    public void The_groups_of_the_caller_are_kept_on_demand(string value, bool expected) => Assert.Equal(
        expected,
        Planning.Plan(Planning.Config with { Annotations = new Dictionary<string, string> { ["run.oci.keep_original_groups"] = value } })
            .Process.KeepsGroups);

    private static string Parameters(Dictionary<string, string> annotations, string type)
    {
        ContainerPlan plan = Planning.Plan(Planning.Config with
        {
            Annotations = annotations,
            Mounts = [new Mount { Destination = "/mnt", Type = type, Source = type }],
            Linux = Planning.Config.Linux! with
            {
                MountLabel = "u:r:t:s0",
                Namespaces = [new Namespace("mount", null), new Namespace("ipc", null)]
            },
        });
        MountStep step = plan.Mounts[0];
        Assert.Empty(step.Parameters);
        return step.LabelKey.IsNull ? step.RootLabel.IsNull ? "" : "root " + step.RootLabel : step.LabelKey + "=" + step.Label;
    }
}
