using System;
using System.Collections.Generic;

namespace Punnet.Spec;

/// <content>config-linux.md#seccomp.</content>
public static partial class ConfigReader
{
    private const string SeccompNames = "defaultAction defaultErrnoRet architectures flags listenerPath listenerMetadata syscalls";

    private static Seccomp ReadSeccomp(ref JsonPathReader cursor)
    {
        string? defaultAction = null, listenerPath = null, listenerMetadata = null;
        uint? defaultErrnoRet = null;
        IReadOnlyList<string> architectures = [];
        IReadOnlyList<string>? flags = null;
        IReadOnlyList<SeccompRule> syscalls = [];
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "defaultAction": defaultAction = cursor.String(); break;
                case "defaultErrnoRet": defaultErrnoRet = cursor.UInt32(); break;
                case "architectures": architectures = cursor.Strings(); break;
                case "flags": flags = cursor.OptionalStrings(); break;
                case "listenerPath": listenerPath = cursor.String(); break;
                case "listenerMetadata": listenerMetadata = cursor.String(); break;
                case "syscalls": syscalls = cursor.List<SeccompRule>(new(ReadSeccompRule)); break;
                default: cursor.SkipUnknown(SeccompNames); break;
            }
        }

        return new Seccomp
        {
            DefaultAction = defaultAction,
            DefaultErrnoRet = defaultErrnoRet,
            Architectures = architectures,
            Flags = flags,
            ListenerPath = listenerPath,
            ListenerMetadata = listenerMetadata,
            Syscalls = syscalls,
        };
    }

    private static SeccompRule ReadSeccompRule(ref JsonPathReader cursor)
    {
        IReadOnlyList<string> names = [];
        string? action = null;
        uint? errnoRet = null;
        IReadOnlyList<SeccompArgument> args = [];
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "names": names = cursor.Strings(); break;
                case "action": action = cursor.String(); break;
                case "errnoRet": errnoRet = cursor.UInt32(); break;
                case "args": args = cursor.List<SeccompArgument>(new(ReadSeccompArgument)); break;
                default: cursor.SkipUnknown("names action errnoRet args"); break;
            }
        }

        return new SeccompRule { Names = names, Action = action, ErrnoRet = errnoRet, Args = args };
    }

    private static SeccompArgument ReadSeccompArgument(ref JsonPathReader cursor)
    {
        uint? index = null;
        ulong? value = null, valueTwo = null;
        string? op = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "index": index = cursor.UInt32(); break;
                case "value": value = cursor.UInt64(); break;
                case "valueTwo": valueTwo = cursor.UInt64(); break;
                case "op": op = cursor.String(); break;
                default: cursor.SkipUnknown("index value valueTwo op"); break;
            }
        }

        // A misspelt value must not become a comparison with 0.
        return new SeccompArgument(
            index ?? throw cursor.RefuseMissing("index"), value ?? throw cursor.RefuseMissing("value"), valueTwo ?? 0, op);
    }
}
