using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace Punnet.Abi.Tests;

/// <summary>Every number in Punnet.Abi against the kernel's headers.</summary>
public sealed class NumberTests
{
    // Newer than the headers of Debian 12, or internal to the kernel.
    private static readonly string[] NotInTheseHeaders = ["MPOL_WEIGHTED_INTERLEAVE"];

    public static TheoryData<string> Types { get; } = [.. NativeNames.Types.Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_number_has_its_native_name_in_its_documentation(string type)
    {
        string[] nameless = [.. Numbers(type).Where(number => number.Expression.Length == 0).Select(number => number.Member)];

        Assert.Empty(nameless);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_number_is_what_the_headers_say(string type)
    {
        Assert.SkipUnless(CHeaders.ArePresent, "no gcc");
        NativeNumber[] numbers = [.. Numbers(type).Where(number => number.Expression.Length > 0)];
        IReadOnlyDictionary<string, ulong> native = CHeaders.Evaluate(numbers.Select(number => number.Expression));

        string[] wrong =
        [
            .. numbers
                .Where(number => native.TryGetValue(number.Expression, out ulong value) && value != number.Value)
                .Select(number => $"{number.Member} is 0x{number.Value:x}, but {number.Expression} is 0x{native[number.Expression]:x}"),
        ];
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
        Assert.Equal(
            NotInTheseHeaders.Where(name => numbers.Any(number => number.Expression == name)),
            numbers.Select(number => number.Expression).Where(expression => !native.ContainsKey(expression)));
    }

    [Fact]
    public void The_place_of_a_capability_is_its_number()
    {
        Assert.SkipUnless(CHeaders.ArePresent, "no gcc");
        string[] names = Capability.Names.ToArray();
        IReadOnlyDictionary<string, ulong> native = CHeaders.Evaluate([.. names, "CAP_LAST_CAP"]);

        Assert.Equal(Enumerable.Range(0, names.Length).Select(place => (ulong)place), names.Select(name => native[name]));
        Assert.Equal((ulong)names.Length - 1, native["CAP_LAST_CAP"]);
    }

    [Fact]
    public void The_table_of_system_calls_has_all_that_the_headers_have()
    {
        Assert.SkipUnless(CHeaders.ArePresent, "no gcc");
        IReadOnlyDictionary<string, uint> native = CHeaders.SystemCalls();

        Assert.True(native.Count > 300, "asm/unistd.h has too few calls to be right");
        string[] wrong =
        [
            .. native.Where(call => Find(call.Key) != call.Value).Select(call => $"{call.Key} is {call.Value}, not {Find(call.Key)}"),
        ];
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }

    private static uint? Find(string name)
    {
        int index = SyscallTable.IndexOf(name);
        int slot = index < 0 ? SyscallTable.Unknown : SyscallTable.SlotOf(SeccompArchitecture.X86_64, index);
        return slot < 0 ? null : SyscallTable.NumberAt(SeccompArchitecture.X86_64, slot);
    }

    private static IReadOnlyList<NativeNumber> Numbers(string type) =>
        NativeNames.Of(NativeNames.Types.Single(candidate => candidate.Name == type));
}
