using System.Linq;
using Punnet.Plan;
using Punnet.Spec;
using Xunit;

namespace Punnet.Cgroup.Tests;

/// <summary>GVariant texts of the annotations org.systemd.property.*.</summary>
public sealed class VariantTextTests
{
    [Theory]
    [InlineData("true", "b", "true")]
    [InlineData(" false ", "b", "false")]
    [InlineData("15", "i", "int32 15")]
    [InlineData("-15", "i", "int32 -15")]
    [InlineData("0x10", "i", "int32 16")]
    [InlineData("uint64 10000000", "t", "uint64 10000000")]
    [InlineData("uint64 18446744073709551615", "t", "uint64 18446744073709551615")]
    [InlineData("int64 -9223372036854775808", "x", "int64 -9223372036854775808")]
    [InlineData("byte 255", "y", "byte 255")]
    [InlineData("int16 -1", "n", "int16 -1")]
    [InlineData("uint16 65535", "q", "uint16 65535")]
    [InlineData("uint32 7", "u", "uint32 7")]
    [InlineData("1.5", "d", "1.5")]
    [InlineData("double 2", "d", "2")]
    [InlineData("'inactive-or-failed'", "s", "inactive-or-failed")]
    [InlineData("\"it's\"", "s", "it's")]
    [InlineData("'a\\n\\'\\u00e4'", "s", "\"a\\n'ä\"")]
    [InlineData("['a', 'b',]", "as", "@as [a, b]")]
    [InlineData("@as []", "as", "@as []")]
    [InlineData("[uint64 1, 2]", "at", "@at [uint64 1, uint64 2]")]
    [InlineData("@ay [1, 2]", "ay", "@ay [byte 1, byte 2]")]
    [InlineData("('a', 5)", "(si)", "(a, int32 5)")]
    [InlineData("@a(st) [('/dev/sda', 100)]", "a(st)", "@a(st) [(/dev/sda, uint64 100)]")]
    [InlineData("[('a', true), ('b', false)]", "a(sb)", "@a(sb) [(a, true), (b, false)]")]
    [InlineData("<uint32 1>", "v", "<uint32 1>")]
    [InlineData("objectpath '/a'", "o", "objectpath /a")]
    [InlineData("objectpath '/'", "o", "objectpath /")]
    [InlineData("objectpath '/a/b_1'", "o", "objectpath /a/b_1")]
    [InlineData("signature 'a(sv)u'", "g", "signature a(sv)u")]
    [InlineData("signature ''", "g", "signature \"\"")]
    public void A_text_is_a_value(string text, string signature, string value)
    {
        BusValue read = VariantText.Read(text, "here");
        Assert.Equal((signature, value), (read.Signature, read.ToString()));
    }

    [Theory]
    [InlineData("", "expected a value such as true, 'text', uint64 5 or ['a', 'b'] at character 1")]
    [InlineData("yes", "expected true, false or a type such as uint64 (a text stands in quotes) at character 1")]
    [InlineData("true false", "expected the end at character 6")]
    [InlineData("5000000000", "expected a number from -2147483648 to 2147483647, or a type before it such as uint64 at character 1")]
    [InlineData("uint64 -1", "expected a number from 0 to 18446744073709551615 at character 8")]
    [InlineData("byte 256", "expected a number from 0 to 255 at character 6")]
    [InlineData("uint64 1.5", "expected a number from 0 to 18446744073709551615 at character 8")]
    [InlineData("uint64 true", "expected a value of type uint64 at character 12")]
    [InlineData("'abc", "expected a ' at the end of the text at character 5")]
    [InlineData("'\\q'", "expected after a backslash one of \\ ' \" n t r, or u and four digits at character 4")]
    [InlineData("[]", "an empty array needs its type before it, such as @as []")]
    [InlineData("['a', 5]", "expected a value of type string at character 7")]
    [InlineData("['a' 'b']", "expected a comma or ] at character 6")]
    [InlineData("['a'", "expected a comma or ] at character 5")]
    [InlineData("@a{ss} []", "expected a type such as as or (st) at character 2")]
    [InlineData("()", "expected a value of type (s) at character 3")]
    [InlineData("@(st) ('a')", "expected a value of type (st) at character 12")]
    [InlineData("<1", "expected > at character 3")]
    [InlineData("...", "expected a value of type double at character 1")]
    [InlineData("1.2.3", "expected a value of type double at character 1")]
    [InlineData("0xffffffffffffffffffffffffffffffff",
        "expected a number from -2147483648 to 2147483647, or a type before it such as uint64 at character 1")]
    [InlineData("objectpath 'a'", "expected before it a value of type objectpath at character 15")]
    [InlineData("objectpath '/a//b'", "expected before it a value of type objectpath at character 19")]
    [InlineData("objectpath '/a/'", "expected before it a value of type objectpath at character 17")]
    [InlineData("signature 'a'", "expected before it a value of type signature at character 14")]
    [InlineData("signature 'k'", "expected before it a value of type signature at character 14")]
    public void An_invalid_value_is_refused_with_its_place(string text, string expected)
    {
        string message = Assert.Throws<SpecException>(() => VariantText.Read(text, "here")).Message;
        Assert.StartsWith("here: ", message, System.StringComparison.Ordinal);
        Assert.EndsWith(expected, message, System.StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_that_is_nested_without_end_is_refused() =>
        Assert.Throws<SpecException>(() => VariantText.Read(new string('[', 60_000), "here"));

    [Fact]
    public void A_type_that_is_nested_without_end_is_refused() =>
        Assert.Throws<SpecException>(() => VariantText.Read("@" + new string('a', 60_000) + "s []", "here"));

    [Theory]
    [InlineData("")]
    [InlineData("<")]
    public void A_type_that_does_not_fit_into_a_message_is_refused(string before)
    {
        string text = before + "(" + string.Join(',', Enumerable.Repeat(1, 254)) + ")";

        Assert.Throws<SpecException>(() => VariantText.Read(text + (before.Length > 0 ? ">" : ""), "here"));
    }
}
