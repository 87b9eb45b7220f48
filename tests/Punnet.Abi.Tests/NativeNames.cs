using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Punnet.Abi.Tests;

/// <summary>One number of Punnet.Abi and the C expression that it must equal.</summary>
/// <param name="Member">Type and member.</param>
/// <param name="Value">Sign-extended to 64 bits, as C converts it.</param>
/// <param name="Expression">The C expression.</param>
internal sealed record NativeNumber(string Member, ulong Value, string Expression);

/// <summary>Finds the native name of each number at the beginning of its doc comment.</summary>
internal static partial class NativeNames
{
    // Not in the kernel headers: libseccomp's names, and tables of the kernel's numbers.
    private static readonly string[] NotOfTheKernel = ["SeccompArchitecture", "SyscallTable"];

    // Numbers without a name in C, or with another name there than in the man page.
    private static readonly Dictionary<string, string> Meanings = new(StringComparer.Ordinal)
    {
        ["SeccompData.Number"] = "__builtin_offsetof(struct seccomp_data, nr)",
        ["SeccompData.Architecture"] = "__builtin_offsetof(struct seccomp_data, arch)",
        ["SeccompData.Arguments"] = "__builtin_offsetof(struct seccomp_data, args)",
        ["SeccompData.Size"] = "sizeof(struct seccomp_data)",
        ["DeviceRequest.AccessAndTypeOffset"] = "__builtin_offsetof(struct bpf_cgroup_dev_ctx, access_type)",
        ["DeviceRequest.MajorOffset"] = "__builtin_offsetof(struct bpf_cgroup_dev_ctx, major)",
        ["DeviceRequest.MinorOffset"] = "__builtin_offsetof(struct bpf_cgroup_dev_ctx, minor)",
        ["SeccompArchitectureFacts.X32Bit"] = "__X32_SYSCALL_BIT",
        ["SyscallNumber.Prlimit64"] = "__NR_prlimit64",
        ["DeviceRequest.EveryAccess"] = "BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE",
    };

    /// <summary>The types of Punnet.Abi with numbers.</summary>
    public static IReadOnlyList<Type> Types { get; } =
    [
        .. typeof(Errno).Assembly.GetExportedTypes()
            .Where(type => Numbers(type).Any() && !NotOfTheKernel.Contains(type.Name, StringComparer.Ordinal))
            .OrderBy(type => type.Name, StringComparer.Ordinal),
    ];

    /// <summary>Every number of a type. One without a native name has an empty expression.</summary>
    public static IReadOnlyList<NativeNumber> Of(Type type)
    {
        Dictionary<string, string> summaries = XDocument.Load(Path.ChangeExtension(type.Assembly.Location, ".xml"))
            .Descendants("member")
            .ToDictionary(
                member => member.Attribute("name")!.Value,
                member => member.Element("summary")?.Value.Trim() ?? "",
                StringComparer.Ordinal);
        return
        [
            .. Numbers(type)
                .Where(field => field.Name != "None")
                .Select(field => new NativeNumber(
                    $"{type.Name}.{field.Name}",
                    Value(field),
                    Expression(type, field.Name, summaries.GetValueOrDefault($"F:{type.FullName}.{field.Name}", "")))),
        ];
    }

    private static IEnumerable<FieldInfo> Numbers(Type type) =>
        type.GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral);

    private static ulong Value(FieldInfo field) => field.GetRawConstantValue() switch
    {
        ulong value => value,
        IConvertible value => unchecked((ulong)value.ToInt64(null)),
        _ => throw new InvalidOperationException(field.Name + " is no number"),
    };

    private static string Expression(Type type, string member, string summary)
    {
        if (Meanings.TryGetValue($"{type.Name}.{member}", out string? meaning))
        {
            return meaning;
        }

        return type.Name switch
        {
            nameof(Errno) => member,
            nameof(SyscallNumber) => SystemCall().Match(summary) is { Success: true } match ? "__NR_" + match.Groups["name"].Value : "",
            _ => Constant().Match(summary).Value,
        };
    }

    [GeneratedRegex("^[A-Z_][A-Z0-9_]*[A-Z0-9]( \\| [A-Z_][A-Z0-9_]*)*", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Constant();

    [GeneratedRegex("^(?<name>\\w+)\\(2\\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SystemCall();
}
