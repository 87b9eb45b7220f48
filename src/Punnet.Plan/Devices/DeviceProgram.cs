using System;
using System.Collections.Generic;
using System.Globalization;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>
/// The device rules of config.json as a BPF_PROG_TYPE_CGROUP_DEVICE program, which is how cgroup v2 has them
/// (config-linux.md#allowed-device-list; kernel: admin-guide/cgroup-v2.rst, "Device controller").
/// </summary>
/// <remarks>
/// <para>Meaning. Nothing is allowed at first. The rules apply in their order, then runc's eleven for every container
/// (<see cref="DeviceProgramRule.Appended"/>). For a single access the last rule that matches the device and names the access decides. A
/// request for several (O_RDWR) passes if every one does and one allowing pattern covers them all; a request for none (access(2), F_OK)
/// passes if any single access would.</para>
/// <para>Against runc: a rule of type a with numbers or with less than rwm means what it says (runc takes it for everything), a denial
/// inside a wildcard works (runc refuses the container), a denial of a wildcard takes earlier narrower allowances away (runc leaves them),
/// and below an "allow all" a denied access denies each request that contains it (runc only the requests that contain nothing else).</para>
/// <para>Shape. The type is compared once, each major once, and every decision goes through one exit that picks the request's bit out of
/// the answer: the verifier's states are the price of a program, and this shape has few.</para>
/// </remarks>
public static class DeviceProgram
{
    /// <summary>
    /// Instructions of the longest program. The kernel's own bounds are the 16 bits of a jump and 8192 branches that wait for the verifier.
    /// </summary>
    public const int MaximumLength = 8000;

    private const byte Result = 0;
    private const byte Context = 1;
    private const byte Type = 2;
    private const byte Access = 3;
    private const byte Major = 4;
    private const byte Minor = 5;

    /// <summary>Compiles the rules of a container.</summary>
    /// <param name="rules">
    /// linux.resources.devices. Null (absent) means the same as an empty list: everything is denied but runc's eleven rules.
    /// </param>
    /// <returns>
    /// The program; never empty. Rules that allow everything give a program of two instructions, which
    /// <see cref="AllowsEverything"/> knows: attaching it is right (it replaces a stricter one) and leaving it out changes nothing.
    /// </returns>
    /// <exception cref="SpecException">A rule cannot be accepted, or there are too many.</exception>
    public static EbpfInstruction[] Compile(IReadOnlyList<DeviceRule>? rules)
    {
        List<DeviceProgramRule> read = DeviceProgramRule.ReadAll(rules);
        DeviceProgramTable character = DeviceProgramTable.Of(read, block: false);
        DeviceProgramTable block = DeviceProgramTable.Of(read, block: true);
        if (character.IsUniform && block.IsUniform && (character.Fallback & block.Fallback) == DeviceProgramTable.Everything)
        {
            return [Constant(Result, 1), Exit()];
        }

        List<EbpfInstruction> program =
        [
            Load(Type, DeviceRequest.AccessAndTypeOffset),
            Load(Major, DeviceRequest.MajorOffset),
            Load(Minor, DeviceRequest.MinorOffset),
            new(EbpfCode.Move, Registers(Access, Type), 0, 0),
            new(EbpfCode.ShiftRightConstant, Registers(Access), 0, 16),
            new(EbpfCode.AndConstant, Registers(Type), 0, 0xffff),
            Constant(Result, 0),
        ];
        List<int> leaving = [];

        int toBlock = program.Count;
        program.Add(default);
        // A type that the kernel does not have today is denied, whatever the rules say.
        AddLeaving(program, leaving, EbpfCode.JumpIfNotEqual, Type, DeviceRequest.Character);
        AddTable(program, leaving, character);
        AddLeaving(program, leaving, EbpfCode.Jump, Result, 0);
        program[toBlock] = JumpTo(EbpfCode.JumpIfEqual, Type, DeviceRequest.Block, toBlock, program.Count);
        AddTable(program, leaving, block);

        LetJumpHere(program, leaving);
        program.Add(new EbpfInstruction(EbpfCode.ShiftRight, Registers(Result, Access), 0, 0));
        program.Add(new EbpfInstruction(EbpfCode.AndConstant, Registers(Result), 0, 1));
        program.Add(Exit());
        return program.Count <= MaximumLength ? [.. program] : throw TooLong();
    }

    /// <summary>
    /// Whether a compiled program lets every request pass. A host that may not load programs (EPERM inside a user namespace) can go on
    /// without such a one, and only without such a one.
    /// </summary>
    /// <param name="program">What <see cref="Compile"/> returned.</param>
    public static bool AllowsEverything(ReadOnlySpan<EbpfInstruction> program) =>
        program.Length == 2 && program[0] == Constant(Result, 1) && program[1] == Exit();

    /// <summary>The refusal of a list that no program can hold.</summary>
    internal static SpecException TooLong() => new(
        "linux.resources.devices",
        "the rules need a device program of more than " + MaximumLength.ToString(CultureInfo.InvariantCulture) + " instructions");

    // Leaves the answer in the result register; falls out of its end for the devices that are nowhere listed.
    private static void AddTable(List<EbpfInstruction> program, List<int> leaving, DeviceProgramTable table)
    {
        List<int> toOtherwise = [];
        foreach (MajorAnswers major in table.Majors)
        {
            int next = program.Count;
            program.Add(default);
            AddMinors(program, leaving, major.Minors);
            if (major.Fallback == table.Fallback)
            {
                AddLeaving(program, toOtherwise, EbpfCode.Jump, Result, 0);
            }
            else
            {
                program.Add(Constant(Result, major.Fallback));
                AddLeaving(program, leaving, EbpfCode.Jump, Result, 0);
            }

            EnsureShort(program);
            program[next] = JumpTo(EbpfCode.JumpIfNotEqual, Major, unchecked((int)major.Major), next, program.Count);
        }

        AddMinors(program, leaving, table.Minors);
        EnsureShort(program);
        LetJumpHere(program, toOtherwise);
        program.Add(Constant(Result, table.Fallback));
    }

    private static void AddMinors(List<EbpfInstruction> program, List<int> leaving, List<MinorAnswer> minors)
    {
        // By answer, so that devices with the same one share the instruction that loads it.
        for (int? answer = Next(-1); answer is int loaded; answer = Next(loaded))
        {
            program.Add(Constant(Result, loaded));
            foreach (MinorAnswer minor in minors)
            {
                if (minor.Answer == loaded)
                {
                    AddLeaving(program, leaving, EbpfCode.JumpIfEqual, Minor, unchecked((int)minor.Minor));
                }
            }
        }

        int? Next(int after)
        {
            int? next = null;
            foreach (MinorAnswer minor in minors)
            {
                if (minor.Answer > after && (next is null || minor.Answer < next))
                {
                    next = minor.Answer;
                }
            }

            return next;
        }
    }

    private static void AddLeaving(List<EbpfInstruction> program, List<int> leaving, byte code, byte register, int operand)
    {
        leaving.Add(program.Count);
        program.Add(new EbpfInstruction(code, Registers(register), 0, operand));
    }

    private static void LetJumpHere(List<EbpfInstruction> program, List<int> jumps)
    {
        foreach (int from in jumps)
        {
            EbpfInstruction jump = program[from];
            program[from] = jump with { Offset = (short)(program.Count - from - 1) };
        }
    }

    private static void EnsureShort(List<EbpfInstruction> program)
    {
        if (program.Count > MaximumLength)
        {
            throw TooLong();
        }
    }

    private static EbpfInstruction JumpTo(byte code, byte register, int operand, int from, int to) =>
        new(code, Registers(register), (short)(to - from - 1), operand);

    private static EbpfInstruction Load(byte register, short offset) => new(EbpfCode.LoadWord, Registers(register, Context), offset, 0);

    private static EbpfInstruction Constant(byte register, int value) => new(EbpfCode.MoveConstant, Registers(register), 0, value);

    private static EbpfInstruction Exit() => new(EbpfCode.Exit, 0, 0, 0);

    private static byte Registers(byte destination, byte source = 0) => (byte)(destination | (source << 4));
}
