namespace Punnet.Spec;

/// <content>config.md#process.</content>
public static partial class ConfigWriter
{
    private static void ProcessMembers(JsonWriter writer, Process process)
    {
        writer.FlagIfSet("terminal"u8, process.Terminal);
        if (process.ConsoleSize is ConsoleSize size)
        {
            writer.StartObject("consoleSize"u8);
            writer.Integer("height"u8, size.Height);
            writer.Integer("width"u8, size.Width);
            writer.EndObject();
        }

        writer.Object<User>("user"u8, process.User, new(UserMembers));
        writer.Strings("args"u8, process.Args);
        writer.Strings("env"u8, process.Env);
        writer.Text("cwd"u8, process.Cwd);
        writer.Object<Capabilities>("capabilities"u8, process.Capabilities, new(CapabilitiesMembers));
        writer.List<Rlimit>("rlimits"u8, process.Rlimits, new(RlimitMembers));
        writer.FlagIfSet("noNewPrivileges"u8, process.NoNewPrivileges);
        writer.Text("apparmorProfile"u8, process.ApparmorProfile);
        writer.Number("oomScoreAdj"u8, process.OomScoreAdj);
        writer.Object<Scheduler>("scheduler"u8, process.Scheduler, new(SchedulerMembers));
        writer.Text("selinuxLabel"u8, process.SelinuxLabel);
        writer.Object<IoPriority>("ioPriority"u8, process.IoPriority, new(IoPriorityMembers));
        writer.Object<ExecCpuAffinity>("execCPUAffinity"u8, process.ExecCpuAffinity, new(ExecCpuAffinityMembers));
    }

    private static void UserMembers(JsonWriter writer, User user)
    {
        writer.Integer("uid"u8, user.Uid);
        writer.Integer("gid"u8, user.Gid);
        writer.Number("umask"u8, (ulong?)user.Umask);
        if (user.AdditionalGids.Count > 0)
        {
            writer.StartList("additionalGids"u8);
            foreach (uint gid in user.AdditionalGids)
            {
                writer.Integer(gid);
            }

            writer.EndList();
        }
    }

    private static void CapabilitiesMembers(JsonWriter writer, Capabilities capabilities)
    {
        writer.Strings("bounding"u8, capabilities.Bounding);
        writer.Strings("effective"u8, capabilities.Effective);
        writer.Strings("inheritable"u8, capabilities.Inheritable);
        writer.Strings("permitted"u8, capabilities.Permitted);
        writer.Strings("ambient"u8, capabilities.Ambient);
    }

    private static void RlimitMembers(JsonWriter writer, Rlimit limit)
    {
        writer.Text("type"u8, limit.Type);
        writer.Integer("hard"u8, limit.Hard);
        writer.Integer("soft"u8, limit.Soft);
    }

    private static void SchedulerMembers(JsonWriter writer, Scheduler scheduler)
    {
        writer.Text("policy"u8, scheduler.Policy);
        writer.Number("nice"u8, Unless0(scheduler.Nice));
        writer.Number("priority"u8, Unless0(scheduler.Priority));
        writer.Strings("flags"u8, scheduler.Flags);
        writer.Number("runtime"u8, Unless0(scheduler.Runtime));
        writer.Number("deadline"u8, Unless0(scheduler.Deadline));
        writer.Number("period"u8, Unless0(scheduler.Period));
    }

    private static void IoPriorityMembers(JsonWriter writer, IoPriority priority)
    {
        writer.Text("class"u8, priority.Class);
        writer.Integer("priority"u8, priority.Priority);
    }

    private static void ExecCpuAffinityMembers(JsonWriter writer, ExecCpuAffinity affinity)
    {
        writer.Text("initial"u8, affinity.Initial);
        writer.Text("final"u8, affinity.Final);
    }

    private static long? Unless0(long value) => value == 0 ? null : value;

    private static ulong? Unless0(ulong value) => value == 0 ? null : value;
}
