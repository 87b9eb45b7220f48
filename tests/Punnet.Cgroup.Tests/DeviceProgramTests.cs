using System;
using System.Collections.Generic;
using System.Linq;
using Punnet.Abi;
using Punnet.Plan;
using Punnet.Spec;
using Xunit;

namespace Punnet.Cgroup.Tests;

public sealed class DeviceProgramTests
{
    private static readonly string[] Requests = ["", "r", "w", "m", "rw", "rm", "wm", "rwm"];
    private static readonly long[] Majors = [0, 1, 5, 8, 10, 77, 136];
    private static readonly long[] Minors = [0, 2, 3, 9, 200];

    [Fact]
    public void The_default_spec_gives_this_program()
    {
        const string Expected = """
              0  r2 = request[0]
              1  r4 = request[4]
              2  r5 = request[8]
              3  r3 = r2
              4  r3 >>= 16
              5  r2 &= 65535
              6  r0 = 0
              7  if r2 == 1 goto 31
              8  if r2 != 2 goto 32
              9  if r4 != 1 goto 17
             10  r0 = 255
             11  if r5 == 3 goto 32
             12  if r5 == 5 goto 32
             13  if r5 == 7 goto 32
             14  if r5 == 8 goto 32
             15  if r5 == 9 goto 32
             16  goto 29
             17  if r4 != 5 goto 22
             18  r0 = 255
             19  if r5 == 0 goto 32
             20  if r5 == 2 goto 32
             21  goto 29
             22  if r4 != 10 goto 26
             23  r0 = 255
             24  if r5 == 200 goto 32
             25  goto 29
             26  if r4 != 136 goto 29
             27  r0 = 255
             28  goto 32
             29  r0 = 3
             30  goto 32
             31  r0 = 3
             32  r0 >>= r3
             33  r0 &= 1
             34  exit
            """;
        string listing = EbpfInterpreter.List(DeviceProgram.Compile(DeviceRules.Parse("-a *:* rwm")));
        Assert.Equal(Expected + "\n", listing);
    }

    [Theory]
    // Wildcards.
    [InlineData("+c 8:* rw", 'c', 8, 200, "rw", true)]
    [InlineData("+c 8:* rw", 'c', 9, 200, "rw", false)]
    [InlineData("+c 8:* rw", 'b', 8, 200, "rw", false)]
    [InlineData("+c *:7 rw", 'c', 300, 7, "rw", true)]
    [InlineData("+c *:7 rw", 'c', 300, 8, "rw", false)]
    [InlineData("+b *:* r", 'b', 4095, 1048575, "r", true)]
    [InlineData("+b *:* r", 'b', 4095, 1048575, "w", false)]
    [InlineData("+a *:* r", 'b', 8, 0, "r", true)]
    [InlineData("+a 8:0 rw", 'b', 8, 0, "rw", true)]
    [InlineData("+a 8:0 rw", 'c', 8, 0, "rw", true)]
    [InlineData("+a 8:0 rw", 'c', 8, 1, "rw", false)]
    [InlineData("+c -1:-1 rw", 'c', 8, 1, "rw", true)]
    [InlineData("+c -1:4294967295 rw", 'c', 8, 4294967295, "rw", true)]
    [InlineData("+c 4294967295:4294967295 rw", 'c', 4294967295, 4294967295, "rw", true)]
    [InlineData("+c 4294967295:4294967295 rw", 'c', 0, 0, "rw", false)]
    [InlineData("+c 0:0 rw", 'c', 0, 0, "rw", true)]
    // Access bits: each letter is its own bit, in any order, and a request for none passes wherever one passes.
    [InlineData("+b 8:0 r", 'b', 8, 0, "r", true)]
    [InlineData("+b 8:0 r", 'b', 8, 0, "w", false)]
    [InlineData("+b 8:0 w", 'b', 8, 0, "w", true)]
    [InlineData("+b 8:0 w", 'b', 8, 0, "r", false)]
    [InlineData("+b 8:0 wr", 'b', 8, 0, "rw", true)]
    [InlineData("+b 8:0 rr", 'b', 8, 0, "r", true)]
    [InlineData("+b 8:0 r", 'b', 8, 0, "", true)]
    [InlineData("-a *:* rwm", 'c', 1, 3, "rwm", true)]
    [InlineData("-a *:* rwm", 'c', 8, 0, "m", true)]
    [InlineData("-a *:* rwm", 'c', 8, 0, "", true)]
    [InlineData("-a *:* rwm", 'c', 8, 0, "r", false)]
    // Two rules for the same pattern add up; two patterns do not.
    [InlineData("+b 8:0 r;+b 8:0 w", 'b', 8, 0, "rw", true)]
    [InlineData("+b 8:* r;+b 8:0 w", 'b', 8, 0, "r", true)]
    [InlineData("+b 8:* r;+b 8:0 w", 'b', 8, 0, "w", true)]
    [InlineData("+b 8:* r;+b 8:0 w", 'b', 8, 0, "rw", false)]
    // Later rules override earlier ones.
    [InlineData("+b 8:0 rw;-b 8:0 w", 'b', 8, 0, "r", true)]
    [InlineData("+b 8:0 rw;-b 8:0 w", 'b', 8, 0, "w", false)]
    [InlineData("+b 8:0 rw;-b 8:0 w", 'b', 8, 0, "rw", false)]
    [InlineData("-b 8:0 w;+b 8:0 rw", 'b', 8, 0, "rw", true)]
    [InlineData("+b 8:0 rw;-a *:* rwm", 'b', 8, 0, "r", false)]
    [InlineData("+b 8:0 rw;-b 8:* rwm", 'b', 8, 0, "r", false)]
    [InlineData("+b 8:0 rw;-b *:0 rwm", 'b', 8, 0, "r", false)]
    // A hole in a wildcard.
    [InlineData("+b 8:* rw;-b 8:0 w", 'b', 8, 0, "r", true)]
    [InlineData("+b 8:* rw;-b 8:0 w", 'b', 8, 0, "w", false)]
    [InlineData("+b 8:* rw;-b 8:0 w", 'b', 8, 0, "rw", false)]
    [InlineData("+b 8:* rw;-b 8:0 w", 'b', 8, 1, "rw", true)]
    [InlineData("+b 8:* rw;-b 8:0 w;+b 8:0 w", 'b', 8, 0, "rw", true)]
    [InlineData("+b 8:* rw;-b *:0 rw", 'b', 8, 0, "r", false)]
    [InlineData("+b 8:* rw;-b *:0 rw", 'b', 8, 1, "rw", true)]
    // Everything allowed but some.
    [InlineData("+a *:* rwm;-b 8:0 w", 'b', 8, 0, "w", false)]
    [InlineData("+a *:* rwm;-b 8:0 w", 'b', 8, 0, "rw", false)]
    [InlineData("+a *:* rwm;-b 8:0 w", 'b', 8, 0, "rm", true)]
    [InlineData("+a *:* rwm;-b 8:0 w", 'c', 8, 0, "rwm", true)]
    [InlineData("+a *:* rwm;-b 8:0 w;+b 8:0 w", 'b', 8, 0, "rwm", true)]
    // The rules of every container come last.
    [InlineData("+a *:* rwm;-c 1:3 rwm", 'c', 1, 3, "rw", true)]
    [InlineData("-c 136:5 rwm", 'c', 136, 5, "rw", true)]
    [InlineData("-c 10:200 rwm", 'c', 10, 200, "rw", true)]
    [InlineData("-c 10:201 rwm", 'c', 10, 201, "rw", false)]
    public void A_request_passes_or_not(string rules, char type, long major, long minor, string request, bool expected)
    {
        DeviceRule[] list = DeviceRules.Parse(rules.Split(';'));
        Assert.Equal(expected, Ask(DeviceProgram.Compile(list), type, major, minor, request));
    }

    [Fact]
    public void Random_rules_mean_what_the_reference_says()
    {
        Random random = new(20260401);
        for (int round = 0; round < 2000; round++)
        {
            DeviceRule[] rules = Draw(random, random.Next(0, 9), oldStyle: false);
            EbpfInstruction[] program = DeviceProgram.Compile(rules);
            ForEveryRequest((type, major, minor, request) =>
            {
                bool expected = DeviceReference.Passes(rules, type, major, minor, request);
                Assert.True(expected == Ask(program, type, major, minor, request),
                    $"{DeviceRules.Text(rules)}: {type} {major}:{minor} \"{request}\" should be {expected}");
                if (request.Length == 1)
                {
                    Assert.Equal(DeviceReference.LastRuleAllows(rules, type, major, minor, request[0]), expected);
                }
            });
        }
    }

    [Fact]
    public void Rules_that_the_old_controller_could_hold_mean_the_same()
    {
        Random random = new(20260402);
        int compared = 0;
        for (int round = 0; round < 3000; round++)
        {
            DeviceRule[] rules = Draw(random, random.Next(0, 6), oldStyle: true);
            Func<char, long, long, string, bool>? old = OldDeviceController.Of(rules);
            if (old is null)
            {
                continue;
            }

            compared++;
            EbpfInstruction[] program = DeviceProgram.Compile(rules);
            ForEveryRequest((type, major, minor, request) =>
            {
                if (request.Length > 0)
                {
                    bool expected = old(type, major, minor, request);
                    Assert.True(expected == Ask(program, type, major, minor, request),
                        $"{DeviceRules.Text(rules)}: {type} {major}:{minor} \"{request}\" should be {expected}");
                }
            });
        }

        Assert.True(compared > 800, $"only {compared} lists could be compared");
    }

    [Fact]
    public void Every_jump_goes_forward_to_an_instruction_and_there_is_one_exit()
    {
        Random random = new(20260403);
        for (int round = 0; round < 500; round++)
        {
            EbpfInstruction[] program = DeviceProgram.Compile(Draw(random, random.Next(0, 60), oldStyle: false));
            Assert.All(EbpfInterpreter.Jumps(program), jump => Assert.InRange(jump.To, jump.From + 1, program.Length - 1));
            Assert.Equal(1, program.Count(static instruction => instruction.Code == EbpfCode.Exit));
            Assert.Equal(EbpfCode.Exit, program[^1].Code);
            Assert.True(program.Count(static instruction => instruction.Code == EbpfCode.LoadWord) is 0 or 3);
        }
    }

    [Fact]
    public void Absent_rules_are_an_empty_list()
    {
        Assert.Equal(DeviceProgram.Compile([]), DeviceProgram.Compile(null));
        Assert.Equal(DeviceProgram.Compile(DeviceRules.Parse("-a *:* rwm")), DeviceProgram.Compile(null));
        Assert.False(Ask(DeviceProgram.Compile(null), 'b', 8, 0, "r"));
        Assert.False(DeviceProgram.AllowsEverything(DeviceProgram.Compile(null)));
    }

    [Theory]
    [InlineData("+a *:* rwm", true)]
    [InlineData("+c *:* rwm;+b *:* rwm", true)]
    [InlineData("+a *:* rw", true)] // every container may make nodes
    [InlineData("+a *:* rm", false)]
    [InlineData("-a *:* rwm;+a -1:-1 mwr", true)]
    [InlineData("+a *:* rwm;-b 8:0 m", true)] // making nodes is given back to every container
    [InlineData("+a *:* rwm;-b 8:0 r", false)]
    [InlineData("+a *:* rwm;-b 8:0 r;+b 8:* r", true)]
    [InlineData("+c *:* rwm", false)]
    public void Rules_that_allow_everything_are_two_instructions(string rules, bool expected)
    {
        EbpfInstruction[] program = DeviceProgram.Compile(DeviceRules.Parse(rules.Split(';')));
        Assert.Equal(expected, DeviceProgram.AllowsEverything(program));
        Assert.Equal(expected, program.Length == 2);
    }

    [Fact]
    public void A_type_that_the_kernel_does_not_have_is_denied()
    {
        EbpfInstruction[] program = DeviceProgram.Compile(DeviceRules.Parse("+a *:* r"));
        Assert.False(EbpfInterpreter.Passes(program, type: 3, access: 2, major: 1, minor: 3));
        Assert.False(EbpfInterpreter.Passes(program, type: 2, access: 8, major: 1, minor: 3));
    }

    [Fact]
    public void What_is_left_out_means_all()
    {
        EbpfInstruction[] program = DeviceProgram.Compile([new DeviceRule { Allow = true }]);
        Assert.True(DeviceProgram.AllowsEverything(program));
        Assert.Equal(
            program, DeviceProgram.Compile([new DeviceRule { Allow = true, Type = string.Empty, Major = -1, Minor = -1, Access = "rwm" }]));
    }

    [Theory]
    [InlineData("u", null, null, "rwm", "linux.resources.devices[1].type: \"u\" is not a device type of a rule: expected a, b or c")]
    [InlineData("C", null, null, "rwm", "linux.resources.devices[1].type: \"C\" is not a device type of a rule: expected a, b or c")]
    [InlineData("c", -2L, null, "rwm",
        "linux.resources.devices[1].major: -2 is not a device number: expected 0 to 4294967295, or -1 for all")]
    [InlineData("c", 4294967296L, null, "rwm",
        "linux.resources.devices[1].major: 4294967296 is not a device number: expected 0 to 4294967295, or -1 for all")]
    [InlineData("c", 1L, -2L, "rwm",
        "linux.resources.devices[1].minor: -2 is not a device number: expected 0 to 4294967295, or -1 for all")]
    [InlineData("c", 1L, 3L, "", "linux.resources.devices[1].access: \"\" is not a device access: expected a combination of r, w and m")]
    [InlineData("c", 1L, 3L, "xy",
        "linux.resources.devices[1].access: \"xy\" is not a device access: expected a combination of r, w and m")]
    public void A_wrong_rule_is_refused_with_its_place(string type, long? major, long? minor, string access, string expected)
    {
        DeviceRule wrong = new() { Allow = true, Type = type, Major = major, Minor = minor, Access = access };
        SpecException refusal = Assert.Throws<SpecException>(() => DeviceProgram.Compile([new DeviceRule { Allow = true }, wrong]));
        Assert.Equal(expected, refusal.Message);
    }

    [Fact]
    public void More_rules_than_a_program_can_hold_are_refused()
    {
        const string Expected = "linux.resources.devices: the rules need a device program of more than 8000 instructions";
        IEnumerable<DeviceRule> pairs = Enumerable.Range(0, 4000)
            .Select(static number => new DeviceRule { Allow = true, Type = "c", Major = 1000 + number, Minor = number, Access = "rw" });
        Assert.Equal(Expected, Assert.Throws<SpecException>(() => DeviceProgram.Compile([.. pairs])).Message);

        IEnumerable<DeviceRule> crossing = Enumerable.Range(1000, 1000)
            .SelectMany(static number => DeviceRules.Parse($"+c {number}:* r", $"+c *:{number} w"));
        Assert.Equal(Expected, Assert.Throws<SpecException>(() => DeviceProgram.Compile([.. crossing])).Message);
    }

    internal static DeviceRule[] Draw(Random random, int count, bool oldStyle)
    {
        string[] types = oldStyle ? ["b", "c", "c", "a"] : ["a", "b", "c", "c"];
        long?[] majors = [null, 1, 5, 8, 10];
        long?[] minors = [null, 0, 2, 3];
        DeviceRule[] rules = new DeviceRule[count];
        for (int index = 0; index < count; index++)
        {
            string type = types[random.Next(types.Length)];
            bool all = oldStyle && type == "a";
            rules[index] = new DeviceRule
            {
                Allow = random.Next(2) == 0,
                Type = type,
                Major = all ? null : majors[random.Next(majors.Length)],
                Minor = all ? null : minors[random.Next(minors.Length)],
                Access = all ? "rwm" : Requests[random.Next(1, Requests.Length)],
            };
        }

        return rules;
    }

    private static void ForEveryRequest(Action<char, long, long, string> check)
    {
        foreach (char type in "bc")
        {
            foreach (long major in Majors)
            {
                foreach (long minor in Minors)
                {
                    foreach (string request in Requests)
                    {
                        check(type, major, minor, request);
                    }
                }
            }
        }
    }

    private static bool Ask(EbpfInstruction[] program, char type, long major, long minor, string request)
    {
        int access = request.Sum(static letter => letter switch { 'm' => 1, 'r' => 2, _ => 4 });
        return EbpfInterpreter.Passes(program, type == 'b' ? 1 : 2, access, (uint)major, (uint)minor);
    }
}
