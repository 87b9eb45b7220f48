using System;
using System.Text;
using Xunit;

namespace Punnet.Spec.Tests;

/// <summary>Texts that are not JSON: the line, the column and what is wrong there.</summary>
public sealed class BrokenTextTests
{
    [Theory]
    [InlineData("", "line 1, column 1: the document is empty")]
    [InlineData(" \n\t\n", "line 3, column 1: the document is empty")]
    [InlineData("\uFEFF{}", "line 1, column 1: a byte order mark is not allowed")]
    [InlineData("{", "line 1, column 2: the document ends inside an object")]
    [InlineData("{\n", "line 2, column 1: the document ends inside an object")]
    [InlineData("{\"mounts\": [", "line 1, column 13: the document ends inside a list")]
    [InlineData("{\"mounts\": [{}", "line 1, column 15: the document ends inside a list")]
    [InlineData("{\"mounts\": [{},", "line 1, column 16: the document ends inside a list")]
    [InlineData("{\"hostname\"", "line 1, column 12: the document ends inside an object")]
    [InlineData("{\"hostname\":", "line 1, column 13: the document ends inside an object")]
    [InlineData("{\"hostname\":\"a\"", "line 1, column 16: the document ends inside an object")]
    [InlineData("{\"hostname\":\"a\",", "line 1, column 17: the document ends inside an object")]
    [InlineData("{\"hostname\":\"a", "line 1, column 13: a string that does not end")]
    [InlineData("{\"hostname", "line 1, column 2: a string that does not end")]
    [InlineData("{\"hostname\":\"a\\", "line 1, column 16: the document ends inside an object")]
    [InlineData("{\"hostname\":\"a\\u00", "line 1, column 15: \\u needs four hexadecimal digits")]
    [InlineData("{\"hostname\":tru", "line 1, column 13: expected a value, found \"tru\"")]
    [InlineData("{\"x\":1", "line 1, column 7: the document ends inside an object")]
    [InlineData("{\"x\":-", "line 1, column 7: the document ends inside an object")]
    [InlineData("{\"x\":1.", "line 1, column 8: the document ends inside an object")]
    [InlineData("{\"x\":1e", "line 1, column 8: the document ends inside an object")]
    [InlineData("{}}", "line 1, column 3: expected the end of the document, found \"}\"")]
    [InlineData("{}\n{}", "line 2, column 1: expected the end of the document, found \"{\"")]
    [InlineData("{} x", "line 1, column 4: expected the end of the document, found \"x\"")]
    [InlineData("{},", "line 1, column 3: expected the end of the document, found \",\"")]
    [InlineData("{}\0", "line 1, column 3: expected the end of the document, found a control character")]
    [InlineData("{} \"a\"", "line 1, column 4: expected the end of the document, found a string")]
    [InlineData("}", "line 1, column 1: expected a value, found \"}\"")]
    [InlineData("hello", "line 1, column 1: expected a value, found \"hello\"")]
    [InlineData("#!/bin/sh", "line 1, column 1: expected a value, found \"#\"")]
    [InlineData("\0", "line 1, column 1: expected a value, found a control character")]
    [InlineData("{\"a\":1,}", "line 1, column 7: \",\" before \"}\" is not allowed")]
    [InlineData("{\n  \"a\": [\n    1,\n  ]\n}", "line 3, column 6: \",\" before \"]\" is not allowed")]
    [InlineData("{,}", "line 1, column 2: expected a property name in double quotes, found \",\"")]
    [InlineData("{\"a\":1,,\"b\":2}", "line 1, column 8: expected a property name in double quotes, found \",\"")]
    [InlineData("{\"a\":[1,,2]}", "line 1, column 9: expected a value, found \",\"")]
    [InlineData("{\"a\":[,1]}", "line 1, column 7: expected a value, found \",\"")]
    [InlineData("{hostname:\"a\"}", "line 1, column 2: expected a property name in double quotes, found \"hostname\"")]
    [InlineData("{'hostname':\"a\"}", "line 1, column 2: expected a property name in double quotes, found \"'\"")]
    [InlineData("{5:\"a\"}", "line 1, column 2: expected a property name in double quotes, found \"5\"")]
    [InlineData("{\"a\":1 \"b\":2}", "line 1, column 8: expected \",\" or \"}\", found a string")]
    [InlineData("{\"a\":[1 2]}", "line 1, column 9: expected \",\" or \"]\", found \"2\"")]
    [InlineData("{\"a\":[1}", "line 1, column 8: expected \",\" or \"]\", found \"}\"")]
    [InlineData("{\"a\":1]", "line 1, column 7: expected \",\" or \"}\", found \"]\"")]
    [InlineData("{\"a\" 1}", "line 1, column 6: expected \":\" after the property name, found \"1\"")]
    [InlineData("{\"a\"=1}", "line 1, column 5: expected \":\" after the property name, found \"=\"")]
    [InlineData("{\"a\"::1}", "line 1, column 6: expected a value, found \":\"")]
    [InlineData("{\"a\":}", "line 1, column 6: expected a value, found \"}\"")]
    [InlineData("{\"a\":'b'}", "line 1, column 6: expected a value, found \"'\"")]
    [InlineData("{\"a\":True}", "line 1, column 6: expected a value, found \"True\"")]
    [InlineData("{\"a\":undefined}", "line 1, column 6: expected a value, found \"undefined\"")]
    [InlineData("{\"a\":NaN}", "line 1, column 6: expected a value, found \"NaN\"")]
    [InlineData("{\"a\":nul}", "line 1, column 6: expected a value, found \"nul\"")]
    [InlineData("{\"a\":truely}", "line 1, column 10: expected \",\" or \"}\", found \"ly\"")]
    [InlineData("{\"a\":+1}", "line 1, column 6: expected a value, found \"+\"")]
    [InlineData("{\"a\":.5}", "line 1, column 6: expected a value, found \".\"")]
    [InlineData("{\"a\":01}", "line 1, column 6: a number must not start with 0")]
    [InlineData("{\"a\":-01}", "line 1, column 7: a number must not start with 0")]
    [InlineData("{\"a\":-x}", "line 1, column 7: expected a digit, found \"x\"")]
    [InlineData("{\"a\":1.}", "line 1, column 8: expected a digit, found \"}\"")]
    [InlineData("{\"a\":1e+}", "line 1, column 9: expected a digit, found \"}\"")]
    [InlineData("{\"a\":0x1F}", "line 1, column 7: expected \",\" or \"}\", found \"x1F\"")]
    [InlineData("{\"a\":1_000}", "line 1, column 7: expected \",\" or \"}\", found \"_\"")]
    [InlineData("{\n  // mounts\n}", "line 2, column 3: expected a property name in double quotes, found \"/\" (JSON has no comments)")]
    [InlineData("{\"a\":1 /* x */}", "line 1, column 8: expected \",\" or \"}\", found \"/\" (JSON has no comments)")]
    [InlineData("{\"a\":\"b\nc\"}", "line 1, column 8: a string must end on its line")]
    [InlineData("{\"a\":\"b\tc\"}", "line 1, column 8: a control character in a string must be escaped")]
    [InlineData("{\"a\":\"b\0c\"}", "line 1, column 8: a control character in a string must be escaped")]
    [InlineData("{\"a\":\"\\x41\"}", "line 1, column 7: no such escape in a string: \\x")]
    [InlineData("{\"a\":\"\\é\"}", "line 1, column 7: no such escape in a string: \\...")]
    [InlineData("{\"a\":\"\\u00G0\"}", "line 1, column 7: \\u needs four hexadecimal digits")]
    [InlineData("{\"é€😀\":1 x}", "line 1, column 10: expected \",\" or \"}\", found \"x\"")]
    [InlineData("{\"a\":é}", "line 1, column 6: expected a value, found \"é\"")]
    [InlineData("{\r\n\"a\":1\r\n\"b\":2}", "line 3, column 1: expected \",\" or \"}\", found a string")]
    [InlineData("{\u00a0}", "line 1, column 2: expected a property name in double quotes, found \"\u00a0\"")]
    public void A_text_that_is_not_JSON_is_refused_with_line_and_column(string text, string refusal)
    {
        Assert.Equal(refusal, Documents.Refusal(() => ConfigReader.ReadConfig(Documents.Bytes(text))));
        Assert.Equal(refusal, Documents.Refusal(() => ConfigReader.ReadResources(Documents.Bytes(text))));
    }

    [Theory]
    [InlineData(new byte[] { (byte)'{', 0xFF }, "line 1, column 2: not UTF-8")]
    [InlineData(new byte[] { (byte)'{', (byte)'\n', 0xC3, 0xA9, 0xC3, (byte)'(' }, "line 2, column 2: not UTF-8")]
    [InlineData(new byte[] { (byte)'{', 0xED, 0xA0, 0x80 }, "line 1, column 2: not UTF-8")]
    [InlineData(new byte[] { (byte)'{', 0xC0, 0x80 }, "line 1, column 2: not UTF-8")]
    [InlineData(new byte[] { (byte)'{', (byte)'}', 0xE2, 0x82 }, "line 1, column 3: not UTF-8")]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'{', 0 }, "line 1, column 1: not UTF-8")]
    public void Invalid_UTF8_is_refused(byte[] document, string refusal)
    {
        Assert.Equal(refusal, Documents.Refusal(() => ConfigReader.ReadConfig(document)));
    }

    [Fact]
    public void Sixty_four_levels_are_read_and_one_more_is_refused()
    {
        ConfigReader.ReadConfig(Nested(63));

        Assert.Equal("line 1, column 69: nested more than 64 levels deep", Documents.Refusal(() => ConfigReader.ReadConfig(Nested(64))));
    }

    [Fact]
    public void What_is_wrong_behind_a_wrong_type_does_not_matter()
    {
        Assert.Equal(
            "hostname: expected a string, found a number", Documents.Refusal(() => ConfigReader.ReadConfig("""{"hostname":5,,,"""u8)));
    }

    [Fact]
    public void Every_cut_of_a_document_is_refused()
    {
        byte[] document = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Documents.Everything).TrimEnd());
        for (int length = 0; length < document.Length; length++)
        {
            byte[] cut = document[..length];
            Assert.StartsWith("line ", Documents.Refusal(() => ConfigReader.ReadConfig(cut)), StringComparison.Ordinal);
        }
    }

    // The document's own braces are one level more.
    private static byte[] Nested(int levels) => Documents.Bytes("{\"x\":" + new string('[', levels) + new string(']', levels) + "}");
}
