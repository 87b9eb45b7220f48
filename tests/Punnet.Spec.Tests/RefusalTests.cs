using System;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Punnet.Spec.Tests;

/// <summary>JSON that is not a config.json: the place and what was expected there.</summary>
public sealed class RefusalTests
{
    private const string UInt16 = "a whole number from 0 to 65535";
    private const string UInt32 = "a whole number from 0 to 4294967295";
    private const string UInt64 = "a whole number from 0 to 18446744073709551615";
    private const string Int32 = "a whole number from -2147483648 to 2147483647";
    private const string Int64 = "a whole number from -9223372036854775808 to 9223372036854775807";

    /// <summary>Every number of the specification, with the range of its type in specs-go/config.go.</summary>
    public static TheoryData<string, string> Numbers => new()
    {
        { "process.consoleSize.height", UInt32 },
        { "process.consoleSize.width", UInt32 },
        { "process.user.uid", UInt32 },
        { "process.user.gid", UInt32 },
        { "process.user.umask", UInt32 },
        { "process.rlimits[0].hard", UInt64 },
        { "process.rlimits[1].soft", UInt64 },
        { "process.oomScoreAdj", Int64 },
        { "process.scheduler.nice", Int32 },
        { "process.scheduler.priority", Int32 },
        { "process.scheduler.runtime", UInt64 },
        { "process.scheduler.deadline", UInt64 },
        { "process.scheduler.period", UInt64 },
        { "process.ioPriority.priority", Int32 },
        { "mounts[1].uidMappings[0].containerID", UInt32 },
        { "mounts[1].uidMappings[0].hostID", UInt32 },
        { "mounts[1].gidMappings[1].size", UInt32 },
        { "hooks.prestart[0].timeout", Int64 },
        { "linux.uidMappings[0].containerID", UInt32 },
        { "linux.uidMappings[0].hostID", UInt32 },
        { "linux.gidMappings[0].size", UInt32 },
        { "linux.resources.devices[1].major", Int64 },
        { "linux.resources.devices[1].minor", Int64 },
        { "linux.resources.memory.limit", Int64 },
        { "linux.resources.memory.reservation", Int64 },
        { "linux.resources.memory.swap", Int64 },
        { "linux.resources.memory.kernel", Int64 },
        { "linux.resources.memory.kernelTCP", Int64 },
        { "linux.resources.memory.swappiness", UInt64 },
        { "linux.resources.cpu.shares", UInt64 },
        { "linux.resources.cpu.quota", Int64 },
        { "linux.resources.cpu.burst", UInt64 },
        { "linux.resources.cpu.period", UInt64 },
        { "linux.resources.cpu.realtimeRuntime", Int64 },
        { "linux.resources.cpu.realtimePeriod", UInt64 },
        { "linux.resources.cpu.idle", Int64 },
        { "linux.resources.pids.limit", Int64 },
        { "linux.resources.blockIO.weight", UInt16 },
        { "linux.resources.blockIO.leafWeight", UInt16 },
        { "linux.resources.blockIO.weightDevice[0].major", Int64 },
        { "linux.resources.blockIO.weightDevice[0].minor", Int64 },
        { "linux.resources.blockIO.weightDevice[0].weight", UInt16 },
        { "linux.resources.blockIO.weightDevice[0].leafWeight", UInt16 },
        { "linux.resources.blockIO.throttleReadBpsDevice[0].rate", UInt64 },
        { "linux.resources.blockIO.throttleWriteBpsDevice[0].major", Int64 },
        { "linux.resources.blockIO.throttleReadIOPSDevice[0].minor", Int64 },
        { "linux.resources.blockIO.throttleWriteIOPSDevice[0].rate", UInt64 },
        { "linux.resources.hugepageLimits[0].limit", UInt64 },
        { "linux.resources.network.classID", UInt32 },
        { "linux.resources.rdma.mlx5_1.hcaHandles", UInt32 },
        { "linux.resources.rdma.mlx5_1.hcaObjects", UInt32 },
        { "linux.devices[0].major", Int64 },
        { "linux.devices[0].minor", Int64 },
        { "linux.devices[0].fileMode", UInt32 },
        { "linux.devices[0].uid", UInt32 },
        { "linux.devices[0].gid", UInt32 },
        { "linux.seccomp.defaultErrnoRet", UInt32 },
        { "linux.seccomp.syscalls[1].errnoRet", UInt32 },
        { "linux.seccomp.syscalls[1].args[0].index", UInt32 },
        { "linux.seccomp.syscalls[1].args[0].value", UInt64 },
        { "linux.seccomp.syscalls[1].args[1].valueTwo", UInt64 },
        { "linux.timeOffsets.monotonic.secs", Int64 },
        { "linux.timeOffsets.monotonic.nanosecs", UInt32 },
    };

    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_number_outside_its_range_is_refused_and_its_ends_are_not(string place, string expected)
    {
        string[] words = expected.Split(' ');
        Int128 least = Int128.Parse(words[4], null), most = Int128.Parse(words[6], null);

        ConfigReader.ReadConfig(With(place, least.ToString()));
        ConfigReader.ReadConfig(With(place, most.ToString()));
        foreach (string literal in (string[])[(least - 1).ToString(), (most + 1).ToString(), "1.5", "1.0", "1e3", "-0.1", "1E400"])
        {
            Assert.Equal($"{place}: {literal} is not {expected}", Documents.Refusal(() => ConfigReader.ReadConfig(With(place, literal))));
        }
    }

    [Fact]
    public void Every_number_of_the_document_with_everything_is_in_the_table()
    {
        string[] inTable = [.. Numbers.Select(row => Bare(row.Data.Item1)).Distinct()];
        foreach (Documents.Property property in Documents.Properties(Documents.Parse(Documents.Everything)))
        {
            if (property.Value!.GetValueKind() == JsonValueKind.Number)
            {
                Assert.Contains(inTable, known => Last(known) == Last(Bare(property.Place)));
            }
        }
    }

    [Theory]
    [InlineData("{\"process\":{\"user\":{\"additionalGids\":[0,-1]}}}",
        "process.user.additionalGids[1]: -1 is not a whole number from 0 to 4294967295")]
    [InlineData("{\"process\":{\"user\":{\"uid\":-0}}}", "process.user.uid: -0 is not a whole number from 0 to 4294967295")]
    [InlineData("{\"process\":{\"oomScoreAdj\":1234567890123456789012345678901234567890123456789}}",
        "process.oomScoreAdj: 1234567890123456789012345678901234567890... is not a whole number from -9223372036854775808 to "
        + "9223372036854775807")]
    [InlineData("{\"linux\":{\"uidMappings\":[{\"containerID\":0,\"size\":1}]}}", "linux.uidMappings[0].hostID: is missing")]
    [InlineData("{\"linux\":{\"uidMappings\":[{\"containerID\":0,\"hostID\":null,\"size\":1}]}}",
        "linux.uidMappings[0].hostID: is missing")]
    [InlineData("{\"linux\":{\"gidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":1},{\"hostID\":0,\"size\":1}]}}",
        "linux.gidMappings[1].containerID: is missing")]
    [InlineData("{\"mounts\":[{},{\"uidMappings\":[{\"containerID\":0,\"hostid\":0,\"size\":1}]}]}",
        "mounts[1].uidMappings[0].hostID: is missing")]
    [InlineData("{\"mounts\":[{\"gidMappings\":[{\"containerID\":0,\"hostID\":0}]}]}", "mounts[0].gidMappings[0].size: is missing")]
    [InlineData("{\"mounts\":[{\"gidMappings\":[null]}]}", "mounts[0].gidMappings[0].containerID: is missing")]
    [InlineData("{\"process\":{\"args\":[\"sh\",5]}}", "process.args[1]: expected a string, found a number")]
    [InlineData("{\"process\":{\"args\":\"sh\"}}", "process.args: expected a list, found a string")]
    [InlineData("{\"mounts\":[{},{},{},{\"options\":[\"ro\",{}]}]}", "mounts[3].options[1]: expected a string, found an object")]
    [InlineData("{\"mounts\":[5]}", "mounts[0]: expected an object, found a number")]
    [InlineData("{\"annotations\":{\"a.b\":5}}", "annotations[\"a.b\"]: expected a string, found a number")]
    [InlineData("{\"annotations\":{\"\":5}}", "annotations[\"\"]: expected a string, found a number")]
    [InlineData("{\"linux\":{\"sysctl\":{\"net.core.somaxconn\":256}}}",
        "linux.sysctl[\"net.core.somaxconn\"]: expected a string, found a number")]
    [InlineData("{\"linux\":{\"resources\":{\"network\":{\"priorities\":[{\"name\":\"eth0\",\"priority\":-1}]}}}}",
        "linux.resources.network.priorities[0].priority: -1 is not a whole number from 0 to 4294967295")]
    [InlineData("{\"linux\":{\"resources\":{\"network\":{\"priorities\":[{\"name\":0}]}}}}",
        "linux.resources.network.priorities[0].name: expected a string, found a number")]
    [InlineData("{\"linux\":{\"resources\":{\"pids\":5}}}", "linux.resources.pids: expected an object, found a number")]
    [InlineData("{\"hostname\":true}", "hostname: expected a string, found true")]
    [InlineData("{\"root\":{\"readonly\":\"yes\"}}", "root.readonly: expected true or false, found a string")]
    [InlineData("{\"hostname\":\"a\\u0000b\"}", "hostname: a string must not hold \\u0000")]
    [InlineData("{\"process\":{\"env\":[\"A=\\u0000\"]}}", "process.env[0]: a string must not hold \\u0000")]
    [InlineData("{\"annotations\":{\"k\":\"\\u0000\"}}", "annotations.k: a string must not hold \\u0000")]
    [InlineData("{\"annotations\":{\"a\\u0000\":\"v\"}}", "annotations[\"a\\u0000\"]: a string must not hold \\u0000")]
    [InlineData("{\"hostname\":\"\\ud800\"}", "hostname: half of a surrogate pair is not a character")]
    [InlineData("{\"hostname\":\"\\udc00\\ud800\"}", "hostname: half of a surrogate pair is not a character")]
    [InlineData("{\"annotations\":{\"\\udfff\":\"v\"}}", "annotations[\"\\udfff\"]: half of a surrogate pair is not a character")]
    [InlineData("{\"\\ud800\":5}", "[\"\\ud800\"]: half of a surrogate pair is not a character")]
    [InlineData("[]", "expected an object, found a list")]
    [InlineData("null", "expected an object, found null")]
    [InlineData("\"config\"", "expected an object, found a string")]
    [InlineData("5", "expected an object, found a number")]
    public void A_value_that_cannot_be_meant_is_refused_at_its_place(string document, string refusal)
    {
        Assert.Equal(refusal, Documents.Refusal(() => ConfigReader.ReadConfig(Documents.Bytes(document))));
    }

    [Fact]
    public void A_refusal_knows_its_place()
    {
        SpecException refusal = Assert.Throws<SpecException>(() => ConfigReader.ReadConfig("""{"process":{"cwd":5}}"""u8));

        Assert.Equal("process.cwd", refusal.Place);
        Assert.Equal("process.cwd: expected a string, found a number", refusal.Message);
    }

    [Fact]
    public void A_long_key_is_cut_in_a_place()
    {
        string key = new('k', 100);

        Assert.Equal(
            $"annotations[\"{key[..60]}...\"]: expected a string, found true",
            Documents.Refusal(() => ConfigReader.ReadConfig(Documents.Bytes("{\"annotations\":{\"" + key + "\":true}}"))));
    }

    private static byte[] With(string place, string literal)
    {
        const int marker = 1234567;

        JsonObject document = Documents.Parse(Documents.Everything);
        Documents.Property property = Documents.Find(document, place);
        property.Parent[property.Name] = marker;
        return Documents.Bytes(document.ToJsonString().Replace(":" + marker, ":" + literal, StringComparison.Ordinal));
    }

    private static string Bare(string place) =>
        place.Replace("[0]", "[]", StringComparison.Ordinal).Replace("[1]", "[]", StringComparison.Ordinal);

    private static string Last(string place) => place[(place.LastIndexOf('.') + 1)..];
}
