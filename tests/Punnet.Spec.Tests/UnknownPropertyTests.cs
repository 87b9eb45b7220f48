using Xunit;

namespace Punnet.Spec.Tests;

/// <summary>Properties that the specification does not have are ignored, and named to whoever asks.</summary>
public sealed class UnknownPropertyTests
{
    [Theory]
    [InlineData("{\"mounts\":[{},{\"optons\":[\"ro\"]}]}", "mounts[1].optons", "options")]
    [InlineData("{\"Hostname\":\"a\"}", "Hostname", "hostname")]
    [InlineData("{\"process\":{\"NONEWPRIVILEGES\":true}}", "process.NONEWPRIVILEGES", "noNewPrivileges")]
    [InlineData("{\"linux\":{\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1,\"hostId\":1}]}}", "linux.uidMappings[0].hostId",
        "hostID")]
    [InlineData("{\"linux\":{\"resources\":{\"memory\":{\"limt\":1}}}}", "linux.resources.memory.limt", "limit")]
    [InlineData("{\"linux\":{\"maskPaths\":[]}}", "linux.maskPaths", "maskedPaths")]
    [InlineData("{\"process\":{\"usr\":{}}}", "process.usr", "user")]
    [InlineData("{\"linux\":{\"landlock\":{\"rules\":[{\"a\":1}]}}}", "linux.landlock", null)]
    [InlineData("{\"linux\":{\"resources\":{\"blockIO\":{\"throttleReadIopsDevice\":[]}}}}",
        "linux.resources.blockIO.throttleReadIopsDevice", "throttleReadIOPSDevice")]
    [InlineData("{\"x\":null}", "x", null)]
    [InlineData("{\"\":1}", "[\"\"]", null)]
    [InlineData("{\"x-vendor\":{}}", "[\"x-vendor\"]", null)]
    [InlineData("{\"a_name_that_is_longer_than_any_that_the_specification_has_and_so_not_like_any_of_them\":1}",
        "[\"a_name_that_is_longer_than_any_that_the_specification_has_an...\"]", null)]
    public void An_unknown_property_is_noted_with_the_nearest_known_name(string document, string place, string? nearest)
    {
        UnknownProperties unknown = new();

        ConfigReader.ReadConfig(Documents.Bytes(document), unknown);

        Assert.Equal([new UnknownProperty(place, nearest)], unknown.Found);
    }

    [Theory]
    [InlineData("{\"solaris\":{\"x\":1},\"windows\":{},\"vm\":{},\"zos\":{},\"freebsd\":{}}")]
    [InlineData("{\"process\":{\"commandLine\":\"x\",\"user\":{\"username\":\"root\"}}}")]
    [InlineData("{\"linux\":{\"intelRdt\":{\"enableCMT\":true,\"enableMBM\":true}}}")]
    [InlineData("{\"annotations\":{\"anything\":\"\"},\"linux\":{\"sysctl\":{\"anything\":\"\"},\"resources\":{\"unified\":{\"anything\":\"\"}},\"netDevices\":{\"anything\":{}}}}")]
    public void What_the_specification_has_for_others_is_not_unknown(string document)
    {
        UnknownProperties unknown = new();

        ConfigReader.ReadConfig(Documents.Bytes(document), unknown);

        Assert.Empty(unknown.Found);
    }

    [Fact]
    public void All_unknown_properties_are_noted_in_the_order_of_the_document()
    {
        UnknownProperties unknown = new();

        ConfigReader.ReadProcess("""{"first":1,"user":{"second":{"deep":1}},"cwd":"/","third":[]}"""u8, unknown);

        Assert.Equal(
            [new UnknownProperty("first", null), new UnknownProperty("user.second", null), new UnknownProperty("third", null)],
            unknown.Found);
    }
}
