using System;
using System.Linq;
using Punnet.Host.Checkpoint;
using Xunit;

namespace Punnet.Cgroup.Tests;

/// <summary>Messages to and from CRIU, against bytes that protoc 3.21 made of CRIU's rpc.proto.</summary>
public sealed class CriuMessageTests
{
    // protoc --encode=criu_req: every field that punnet knows.
    private const string Recorded =
        "080112b60208071092211801200128013001380140014804520864756d702e6c6f675a0e0a0831302e302e302e3110f8d20160016a092f622f726f6f74667372062e"
        + "2e2f6f6e6578018001018801ac02900101ba01100a052f6461746112072f7372762fc3a4ba01100a062f6574632f7812062f6574632f78c00101ca01070a001203"
        + "2f6331d00101da010c0a08706970653a5b315d1000da01100a0c657874526f6f744e65744e531004900200aa021c6e65745b343032363533313834305d3a657874"
        + "526f6f744e65744e53b0028080808004ba02150a03697063120e2f70726f632f312f6e732f697063e202112f7379732f66732f6367726f75702f6331f002018003"
        + "018803099003019a03132f6574632f637269752f72756e632e636f6e66a00301aa030a61707061726d6f723a78fa0303637478800403";

    private static readonly CriuOptions everything = new()
    {
        Images = 7,
        Work = 300,
        LogFile = "dump.log",
        Root = "/b/rootfs",
        Pid = 4242,
        LeaveRunning = true,
        ExternalUnixSockets = true,
        TcpEstablished = true,
        TcpSkipInFlight = true,
        TcpClose = true,
        EvasiveDevices = true,
        ShellJob = true,
        FileLocks = true,
        LinkRemap = true,
        LazyPages = true,
        AutoDedup = true,
        ParentImages = "../one",
        TrackMemory = true,
        PageServer = "10.0.0.1",
        PageServerPort = 27000,
        CgroupMode = 0,
        CgroupRoot = "/c1",
        EmptyNamespaces = 0x40000000,
        FreezeCgroup = "/sys/fs/cgroup/c1",
        StatusDescriptor = 9,
        AsSibling = true,
        ConfigFile = "/etc/criu/runc.conf",
        LsmProfile = "apparmor:x",
        LsmMountContext = "ctx",
        NetworkLock = 3,
        Mounts = ["/data", "/srv/ä", "/etc/x", "/etc/x"],
        External = ["net[4026531840]:extRootNetNS"],
        Inherited = ["pipe:[1]", "", "", "", "extRootNetNS"],
        Joined = ["ipc", "/proc/1/ns/ipc"],
    };

    [Fact]
    public void A_request_has_the_bytes_that_protoc_makes() =>
        Assert.Equal(Recorded, Hex(CriuRequest.Do(CriuRequestType.Dump, everything)));

    [Theory]
    [InlineData("0809" + "2001" + "2a0408011001")]
    public void A_question_has_the_bytes_that_protoc_makes(string expected) =>
        Assert.Equal(expected, Hex(CriuRequest.Ask(CriuRequestType.FeatureCheck)));

    [Fact]
    public void An_answer_has_the_bytes_that_protoc_makes() => Assert.Equal("08061800", Hex(CriuRequest.Answer(success: false)));

    [Fact]
    public void A_version_is_read() =>
        Assert.Equal(40_201, Read("080a1001520f080410021a0276342001280332016e58ffffffffffffffffff01").Version);

    [Fact]
    public void A_point_of_its_work_is_read()
    {
        CriuResponse response = Read("080610012a120a0c706f73742d726573746f726510f0a204");
        Assert.Equal((CriuRequestType.Notify, "post-restore", 70_000), (response.Type, response.Script, response.ScriptPid));
    }

    [Fact]
    public void A_failure_is_read()
    {
        CriuResponse response = Read("08021000220b08ffffffffffffffffff01384a4a026e6f");
        Assert.Equal((CriuRequestType.Restore, false, -1, 74, "no"),
            (response.Type, response.Success, response.RestoredPid, response.Errno, response.Message));
    }

    [Fact]
    public void A_success_is_read()
    {
        CriuResponse response = Read("08021001220408c0c407");
        Assert.Equal((true, 123_456), (response.Success, response.RestoredPid));
    }

    [Fact]
    public void What_it_can_do_is_read()
    {
        CriuResponse response = Read("08091001420408001001");
        Assert.Equal((false, true), (response.TracksMemory, response.HasLazyPages));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("0801ff")]
    [InlineData("08ffffffffffffffffffffff01")]
    [InlineData("080112ffffffffffffffff7f")]
    [InlineData("080113")]
    [InlineData("1201")]
    public void A_broken_message_is_none(string hex) => Assert.Null(CriuResponse.TryRead(Convert.FromHexString(hex)));

    [Fact]
    public void No_damage_does_more_than_that()
    {
        byte[] whole = Convert.FromHexString(Recorded);
        for (int place = 0; place < whole.Length; place++)
        {
            _ = CriuResponse.TryRead(whole.AsSpan(0, place));
            foreach (byte odd in (ReadOnlySpan<byte>)[0x00, 0x7f, 0x80, 0xff])
            {
                byte[] damaged = [.. whole];
                damaged[place] = odd;
                _ = CriuResponse.TryRead(damaged);
            }
        }
    }

    [Fact]
    public void The_last_errors_of_a_log_are_one_line() => Assert.Equal(
        "two; mnt: three\\x1b; four",
        CriuLog.Errors("(00.1) Error (criu/a.c:1): one\n(00.2) pie: 1: Error (criu/b.c:22): two\n(00.3) Warn  (criu/c.c:3): no\n"
            + "(00.4) Error (criu/d.c:4): mnt: three\u001b\n(00.5) Error (criu/e.c:5): four\n(00.6) Error"));

    private static CriuResponse Read(string hex) =>
        CriuResponse.TryRead(Convert.FromHexString(hex)) ?? throw new InvalidOperationException("not read");

    private static string Hex(ProtobufWriter message) => Convert.ToHexStringLower(message.Written);

    // Two magic numbers; then the length of an entry and its fields: 2 is the id, 5 the flags, 7 the mount point.
    [Theory]
    [InlineData("1943565410101010" + "0a000000" + "1001" + "28819c01" + "3a01" + "2f" + "40", false)]
    [InlineData("1943565410101010" + "09000000" + "1001" + "28818001" + "3a01" + "2f", true)]
    [InlineData("1943565410101010" + "0a000000" + "1001" + "28818001" + "3a02" + "2f61", false)]
    [InlineData("1943565410101010" + "0a000000" + "1001" + "28818001" + "3a02" + "2f61" + "09000000" + "1001" + "28818001" + "3a01" + "2f", true)]
    [InlineData("1943565410101010" + "09000000" + "1001" + "28808001" + "3a01" + "2f", false)]
    [InlineData("1943565410101010" + "ff000000" + "1001", false)]
    [InlineData("1943565410101010" + "ffffffff", false)]
    [InlineData("19435654", false)]
    [InlineData("", false)]
    public void Only_the_read_only_flag_of_the_root_is_taken_from_an_image_of_mounts(string hex, bool isChanged)
    {
        byte[] image = Convert.FromHexString(hex), before = [.. image];
        Assert.Equal(isChanged, MountImage.TryMakeRootWritable(image));
        int[] places = [.. Enumerable.Range(0, image.Length).Where(place => image[place] != before[place])];
        Assert.Equal(isChanged ? 1 : 0, places.Length);
        Assert.All(places, place => Assert.Equal(0x81 - 1, image[place]));
    }
}
