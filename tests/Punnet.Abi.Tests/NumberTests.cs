using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Xunit;

namespace Punnet.Abi.Tests;

/// <summary>Every number in Punnet.Abi against the kernel's headers.</summary>
public sealed class NumberTests
{
    // Newer than the headers of Debian 12, or internal to the kernel.
    private static readonly string[] NotInTheseHeaders = ["MPOL_WEIGHTED_INTERLEAVE", "PID_FS_MAGIC"];

    public static TheoryData<string> Types { get; } = [.. NativeNames.Types.Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_number_has_its_native_name_in_its_documentation(string type)
    {
        string[] nameless = [.. Numbers(type).Where(number => number.Expression.Length == 0).Select(number => number.Member)];

        Assert.Empty(nameless);
    }

    public static TheoryData<string> Machines { get; } = [.. Machine.Names];

    public static MatrixTheoryData<string, string> TypesOnMachines { get; } = new(NativeNames.Types.Select(type => type.Name), Machine.Names);

    [Theory]
    [MemberData(nameof(TypesOnMachines))]
    public void Every_number_is_what_the_headers_say(string type, string machineName)
    {
        Machine machine = Machine.Of(machineName);
        NativeNumber[] numbers = [.. Numbers(type).Where(number => number.Expression.Length > 0 && machine.Has(number.Expression))];
        IReadOnlyDictionary<string, ulong> native = CHeaders.Evaluate(machine, numbers.Select(number => number.Expression));

        string[] wrong =
        [
            .. numbers
                .Where(number => native.TryGetValue(number.Expression, out ulong value) && value != machine.ValueOf(number))
                .Select(number =>
                    $"{number.Member} is 0x{machine.ValueOf(number):x}, but {number.Expression} is 0x{native[number.Expression]:x}"),
        ];
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
        Assert.Equal(
            NotInTheseHeaders.Where(name => numbers.Any(number => number.Expression == name)),
            numbers.Select(number => number.Expression).Where(expression => !native.ContainsKey(expression)));
    }

    [Fact]
    public void This_build_has_the_numbers_of_this_machine()
    {
        Machine machine = Machine.Of(RuntimeInformation.OSArchitecture.ToString());
        Assert.All(Numbers(nameof(SyscallNumber)), number => Assert.Equal(machine.ValueOf(number), number.Value));
        Assert.All(Numbers(nameof(OpenFlags)), number => Assert.Equal(machine.ValueOf(number), number.Value));
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public void The_place_of_a_capability_is_its_number(string machineName)
    {
        Machine machine = Machine.Of(machineName);
        string[] names = Capability.Names.ToArray();
        IReadOnlyDictionary<string, ulong> native = CHeaders.Evaluate(machine, [.. names, "CAP_LAST_CAP"]);

        Assert.Equal(Enumerable.Range(0, names.Length).Select(place => (ulong)place), names.Select(name => native[name]));
        Assert.Equal((ulong)names.Length - 1, native["CAP_LAST_CAP"]);
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public void The_table_of_system_calls_has_all_that_the_headers_have(string machineName)
    {
        // Not calls: the count of the generic ones, and where those of an architecture begin.
        Machine machine = Machine.Of(machineName);
        Dictionary<string, ulong> native = CHeaders.SystemCalls(machine)
            .Where(call => call.Key is not ("__NR_syscalls" or "__NR_arch_specific_syscall"))
            .ToDictionary(call => call.Key["__NR_".Length..], call => call.Value, StringComparer.Ordinal);

        Assert.True(native.Count > 300, "asm/unistd.h has too few calls to be right");
        string[] wrong =
        [
            .. native.Where(call => Find(machine, call.Key) != call.Value)
                .Select(call => $"{call.Key} is {call.Value}, not {Find(machine, call.Key)}"),
        ];
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }

    private static uint? Find(Machine machine, string name)
    {
        int index = SyscallTable.IndexOf(name);
        int slot = index < 0 ? SyscallTable.Unknown : SyscallTable.SlotOf(machine.Seccomp, index);
        return slot < 0 ? null : SyscallTable.NumberAt(machine.Seccomp, slot);
    }

    private static IReadOnlyList<NativeNumber> Numbers(string type) =>
        NativeNames.Of(NativeNames.Types.Single(candidate => candidate.Name == type));
}
