using System.Collections.Generic;
using System.Text;
using Xunit;

namespace Punnet.Spec.Tests;

public sealed class StateTests
{
    internal static readonly StateRecord Record = new()
    {
        Punnet = "1.0.0",
        OciVersion = "1.3.0",
        Id = "web1",
        Bundle = "/srv/büñdle",
        Rootfs = "/srv/büñdle/rootfs",
        Created = "2026-11-23T07:45:01.000000042Z",
        Owner = 1000,
        Cgroup = "/user.slice/web1",
        SystemdUnit = "runc-web1.scope",
        SystemdAddress = "systemd /run/systemd/private",
        Resctrl = new ResctrlRecord("/sys/fs/resctrl/web1", "/sys/fs/resctrl/web1/mon_groups/web1", true),
        Keyring = "_ses.web1",
        Config = "/srv/web1.json",
        PrivatePidNamespace = true,
        Annotations = new Dictionary<string, string> { ["b"] = "quote \" backslash \\ line \n bell \a", ["a"] = "" },
        Poststart = [new Hook { Path = "/bin/up", Args = ["up", "now"], Env = [], Timeout = 5 }],
        Poststop = [new Hook { Path = "/bin/down" }, new Hook { Path = "/bin/log", Env = ["A=b"] }],
    };

    private static readonly ContainerState State = new()
    {
        OciVersion = "1.3.0",
        Id = "web1",
        Pid = 4711,
        Status = "running",
        Bundle = "/srv/web",
        Rootfs = "/srv/web/rootfs",
        Created = "2026-11-23T07:45:01.000000042Z",
        Owner = "root",
    };

    private static readonly Dictionary<string, string> Annotations = new() { ["org.example.é"] = "<&+>" };

    [Fact]
    public void A_record_is_read_as_it_was_written()
    {
        StateRecord read = StateJson.ReadRecord(StateJson.WriteRecord(Record));

        Assert.Equal(Structure.Of(Record), Structure.Of(read));
        Assert.Equal(1, read.Version);
    }

    [Fact]
    public void A_record_without_the_optional_members_is_read_as_it_was_written()
    {
        StateRecord bare = Record with
        {
            Punnet = null,
            Cgroup = null,
            SystemdUnit = null,
            SystemdAddress = null,
            Resctrl = null,
            Keyring = null,
            Config = null,
            Annotations = new Dictionary<string, string>(),
            Poststart = [],
            Poststop = [],
        };

        Assert.Equal(Structure.Of(bare), Structure.Of(StateJson.ReadRecord(StateJson.WriteRecord(bare))));
    }

    [Fact]
    public void What_a_root_of_layers_is_made_of_is_read_as_it_was_written()
    {
        StateRecord kept = Record with
        {
            Overlay = new OverlayRecord { Layers = ["/base", "/with, comma:and \\"], Upper = "/upper", OwnsUpper = true, UserXattr = true },
        };
        StateRecord inMemory = Record with { Overlay = new OverlayRecord { Layers = ["/base"], UpperTmpfs = 1UL << 40 } };

        Assert.Equal(Structure.Of(kept), Structure.Of(StateJson.ReadRecord(StateJson.WriteRecord(kept))));
        Assert.Equal(Structure.Of(inMemory), Structure.Of(StateJson.ReadRecord(StateJson.WriteRecord(inMemory))));
    }

    [Fact]
    public void Without_layers_nothing_is_written_of_them()
    {
        Assert.DoesNotContain("overlay", Encoding.UTF8.GetString(StateJson.WriteRecord(Record)), System.StringComparison.Ordinal);
    }

    [Fact]
    public void Layers_without_their_list_are_refused()
    {
        string record = Encoding.UTF8.GetString(StateJson.WriteRecord(Record));

        Assert.Equal("overlay.layers: is missing",
            Documents.Refusal(() => StateJson.ReadRecord(Documents.Bytes(record[..^1] + ",\"overlay\":{}}"))));
    }

    [Fact]
    public void A_record_without_a_version_has_the_first()
    {
        string record = Encoding.UTF8.GetString(StateJson.WriteRecord(Record));
        string without = record.Replace("\"version\":1,", "", System.StringComparison.Ordinal);

        Assert.NotEqual(record, without);
        Assert.Equal(1, StateJson.ReadRecord(Documents.Bytes(without)).Version);
    }

    [Fact]
    public void A_record_is_one_line()
    {
        Assert.DoesNotContain((byte)'\n', StateJson.WriteRecord(Record));
    }

    [Fact]
    public void A_record_cut_at_any_byte_is_refused()
    {
        byte[] record = StateJson.WriteRecord(Record);
        for (int length = 0; length < record.Length; length++)
        {
            byte[] cut = record[..length];
            Assert.Throws<SpecException>(() => StateJson.ReadRecord(cut));
        }
    }

    [Theory]
    [InlineData("\"version\":1", "\"version\":2", "version: written by punnet 1.0.0 in version 2, this punnet reads version 1")]
    [InlineData("\"punnet\":\"1.0.0\",\"version\":1", "\"version\":2",
        "version: written by a newer punnet in version 2, this punnet reads version 1")]
    [InlineData("\"version\":1", "\"version\":0", "version: 0 is no version of a record")]
    [InlineData("\"version\":1", "\"version\":-1", "version: -1 is no version of a record")]
    [InlineData("\"id\":\"web1\",", "", "id: is missing")]
    [InlineData("\"ociVersion\":\"1.3.0\",", "", "ociVersion: is missing")]
    [InlineData("\"bundle\":", "\"bindle\":", "bundle: is missing")]
    [InlineData("\"rootfs\":", "\"root\":", "rootfs: is missing")]
    [InlineData("\"created\":", "\"Created\":", "created: is missing")]
    [InlineData("\"owner\":1000,", "", "owner: is missing")]
    [InlineData("\"owner\":1000", "\"owner\":-1", "owner: -1 is not a whole number from 0 to 4294967295")]
    [InlineData("\"privatePidNamespace\":true,", "", "privatePidNamespace: is missing")]
    [InlineData("\"privatePidNamespace\":true", "\"privatePidNamespace\":1", "privatePidNamespace: expected true or false, found a number")]
    [InlineData("\"directory\":", "\"dir\":", "resctrl.directory: is missing")]
    [InlineData("\"poststop\":[{", "\"poststop\":[5,{", "poststop[0]: expected an object, found a number")]
    [InlineData("\"timeout\":5", "\"timeout\":\"5\"", "poststart[0].timeout: expected a number, found a string")]
    public void A_damaged_record_is_refused(string text, string replacement, string refusal)
    {
        string record = Encoding.UTF8.GetString(StateJson.WriteRecord(Record));
        Assert.Contains(text, record, System.StringComparison.Ordinal);
        byte[] damaged = Documents.Bytes(record.Replace(text, replacement, System.StringComparison.Ordinal));

        Assert.Equal(refusal, Documents.Refusal(() => StateJson.ReadRecord(damaged)));
    }

    [Fact]
    public void State_prints_what_runc_prints_in_the_same_order()
    {
        const string expected = """
            {
              "ociVersion": "1.3.0",
              "id": "web1",
              "pid": 4711,
              "status": "running",
              "bundle": "/srv/web",
              "rootfs": "/srv/web/rootfs",
              "created": "2026-11-23T07:45:01.000000042Z",
              "owner": "root"
            }
            """;

        Assert.Equal(expected, Encoding.UTF8.GetString(StateJson.WriteState(State, indented: true)));
    }

    [Fact]
    public void State_prints_annotations_before_the_owner()
    {
        string text = Encoding.UTF8.GetString(StateJson.WriteState(State with { Annotations = Annotations }, indented: true));

        Assert.EndsWith("Z\",\n  \"annotations\": {\n    \"org.example.é\": \"<&+>\"\n  },\n  \"owner\": \"root\"\n}", text,
            System.StringComparison.Ordinal);
    }

    [Fact]
    public void State_prints_what_is_known_of_the_end_after_the_owner()
    {
        ContainerState ended = State with { ExitCode = 0, OomKilled = false, Finished = "2026-11-23T08:00:00.000000001Z" };

        Assert.EndsWith("\"owner\":\"root\",\"exitCode\":0,\"oomKilled\":false,\"finished\":\"2026-11-23T08:00:00.000000001Z\"}",
            Encoding.UTF8.GetString(StateJson.WriteState(ended, indented: false)), System.StringComparison.Ordinal);
        Assert.DoesNotContain("oomKilled", Encoding.UTF8.GetString(StateJson.WriteHookState(ended)), System.StringComparison.Ordinal);
    }

    [Fact]
    public void List_prints_a_line()
    {
        string one = Encoding.UTF8.GetString(StateJson.WriteState(State, indented: false));

        StateListJson two = new(expected: 1);
        two.Add(State);
        two.Add(State);
        Assert.Equal($"[{one},{one}]\n", Encoding.UTF8.GetString(two.End()));
        Assert.Equal("null\n", Encoding.UTF8.GetString(new StateListJson(expected: 1).End()));
    }

    [Fact]
    public void A_hook_gets_the_members_of_the_specification_on_one_line()
    {
        Assert.Equal(
            """{"ociVersion":"1.3.0","id":"web1","status":"running","pid":4711,"bundle":"/srv/web","annotations":{"org.example.é":"<&+>"}}""",
            Encoding.UTF8.GetString(StateJson.WriteHookState(State with { Annotations = Annotations })));
    }
}
