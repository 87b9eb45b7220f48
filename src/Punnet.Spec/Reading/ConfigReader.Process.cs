using System;
using System.Collections.Generic;

namespace Punnet.Spec;

/// <content>config.md#process.</content>
public static partial class ConfigReader
{
    private const string ProcessNames =
        "terminal consoleSize cwd env args rlimits apparmorProfile selinuxLabel capabilities noNewPrivileges oomScoreAdj scheduler "
        + "ioPriority execCPUAffinity user";

    private static Process ReadProcess(ref JsonPathReader cursor)
    {
        bool terminal = false, noNewPrivileges = false;
        ConsoleSize? consoleSize = null;
        string? cwd = null, apparmorProfile = null, selinuxLabel = null;
        IReadOnlyList<string> env = [], args = [];
        IReadOnlyList<Rlimit> rlimits = [];
        Capabilities? capabilities = null;
        long? oomScoreAdj = null;
        Scheduler? scheduler = null;
        IoPriority? ioPriority = null;
        ExecCpuAffinity? execCpuAffinity = null;
        User? user = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "terminal": terminal = cursor.Boolean(); break;
                case "consoleSize": consoleSize = cursor.IsNull ? null : ReadConsoleSize(ref cursor); break;
                case "cwd": cwd = cursor.String(); break;
                case "env": env = cursor.Strings(); break;
                case "args": args = cursor.Strings(); break;
                case "rlimits": rlimits = cursor.List<Rlimit>(new(ReadRlimit)); break;
                case "apparmorProfile": apparmorProfile = cursor.String(); break;
                case "selinuxLabel": selinuxLabel = cursor.String(); break;
                case "capabilities": capabilities = cursor.Optional<Capabilities>(new(ReadCapabilities)); break;
                case "noNewPrivileges": noNewPrivileges = cursor.Boolean(); break;
                case "oomScoreAdj": oomScoreAdj = cursor.Int64(); break;
                case "scheduler": scheduler = cursor.Optional<Scheduler>(new(ReadScheduler)); break;
                case "ioPriority": ioPriority = cursor.Optional<IoPriority>(new(ReadIoPriority)); break;
                case "execCPUAffinity": execCpuAffinity = cursor.Optional<ExecCpuAffinity>(new(ReadExecCpuAffinity)); break;
                case "user": user = cursor.Optional<User>(new(ReadUser)); break;
                case "commandLine": cursor.Skip(); break;
                default: cursor.SkipUnknown(ProcessNames); break;
            }
        }

        return new Process
        {
            Terminal = terminal,
            ConsoleSize = consoleSize,
            Cwd = cwd,
            Env = env,
            Args = args,
            Rlimits = rlimits,
            ApparmorProfile = apparmorProfile,
            SelinuxLabel = selinuxLabel,
            Capabilities = capabilities,
            NoNewPrivileges = noNewPrivileges,
            OomScoreAdj = oomScoreAdj,
            Scheduler = scheduler,
            IoPriority = ioPriority,
            ExecCpuAffinity = execCpuAffinity,
            User = user ?? new User(),
        };
    }

    private static ConsoleSize ReadConsoleSize(ref JsonPathReader cursor)
    {
        uint? height = null, width = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "height": height = cursor.UInt32(); break;
                case "width": width = cursor.UInt32(); break;
                default: cursor.SkipUnknown("height width"); break;
            }
        }

        return new ConsoleSize(height ?? 0, width ?? 0);
    }

    private static Rlimit ReadRlimit(ref JsonPathReader cursor)
    {
        string? type = null;
        ulong? soft = null, hard = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "type": type = cursor.String(); break;
                case "soft": soft = cursor.UInt64(); break;
                case "hard": hard = cursor.UInt64(); break;
                default: cursor.SkipUnknown("type soft hard"); break;
            }
        }

        return new Rlimit(type, soft ?? throw cursor.RefuseMissing("soft"), hard ?? throw cursor.RefuseMissing("hard"));
    }

    private static Capabilities ReadCapabilities(ref JsonPathReader cursor)
    {
        IReadOnlyList<string> bounding = [], effective = [], inheritable = [], permitted = [], ambient = [];
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "bounding": bounding = cursor.Strings(); break;
                case "effective": effective = cursor.Strings(); break;
                case "inheritable": inheritable = cursor.Strings(); break;
                case "permitted": permitted = cursor.Strings(); break;
                case "ambient": ambient = cursor.Strings(); break;
                default: cursor.SkipUnknown("bounding effective inheritable permitted ambient"); break;
            }
        }

        return new Capabilities
        {
            Bounding = bounding,
            Effective = effective,
            Inheritable = inheritable,
            Permitted = permitted,
            Ambient = ambient,
        };
    }

    private static Scheduler ReadScheduler(ref JsonPathReader cursor)
    {
        string? policy = null;
        int? nice = null, priority = null;
        IReadOnlyList<string> flags = [];
        ulong? runtime = null, deadline = null, period = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "policy": policy = cursor.String(); break;
                case "nice": nice = cursor.Int32(); break;
                case "priority": priority = cursor.Int32(); break;
                case "flags": flags = cursor.Strings(); break;
                case "runtime": runtime = cursor.UInt64(); break;
                case "deadline": deadline = cursor.UInt64(); break;
                case "period": period = cursor.UInt64(); break;
                default: cursor.SkipUnknown("policy nice priority flags runtime deadline period"); break;
            }
        }

        return new Scheduler
        {
            Policy = policy,
            Nice = nice ?? 0,
            Priority = priority ?? 0,
            Flags = flags,
            Runtime = runtime ?? 0,
            Deadline = deadline ?? 0,
            Period = period ?? 0,
        };
    }

    private static IoPriority ReadIoPriority(ref JsonPathReader cursor)
    {
        string? ioClass = null;
        int? priority = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "class": ioClass = cursor.String(); break;
                case "priority": priority = cursor.Int32(); break;
                default: cursor.SkipUnknown("class priority"); break;
            }
        }

        return new IoPriority(ioClass, priority ?? 0);
    }

    private static ExecCpuAffinity ReadExecCpuAffinity(ref JsonPathReader cursor)
    {
        string? initial = null, final = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "initial": initial = cursor.String(); break;
                case "final": final = cursor.String(); break;
                default: cursor.SkipUnknown("initial final"); break;
            }
        }

        return new ExecCpuAffinity(initial, final);
    }

    private static User ReadUser(ref JsonPathReader cursor)
    {
        uint? uid = null, gid = null, umask = null;
        IReadOnlyList<uint> additionalGids = [];
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "uid": uid = cursor.UInt32(); break;
                case "gid": gid = cursor.UInt32(); break;
                case "umask": umask = cursor.UInt32(); break;
                case "additionalGids": additionalGids = cursor.List<uint>(new(ReadGroup)); break;
                case "username": cursor.Skip(); break;
                default: cursor.SkipUnknown("uid gid umask additionalGids"); break;
            }
        }

        return new User { Uid = uid ?? 0, Gid = gid ?? 0, Umask = umask, AdditionalGids = additionalGids };
    }

    private static uint ReadGroup(ref JsonPathReader cursor) => cursor.UInt32() ?? 0;
}
