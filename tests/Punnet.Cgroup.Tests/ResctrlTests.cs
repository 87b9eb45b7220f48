using System;
using System.Buffers;
using System.IO;
using System.Text;
using System.Text.Json;
using Punnet.Host;
using Punnet.Host.Resctrl;
using Punnet.Plan;
using Punnet.Spec;
using Xunit;

namespace Punnet.Cgroup.Tests;

/// <summary>
/// The host side of linux.intelRdt, on a folder that looks like resctrl: the test puts into a new group what the kernel would.
/// </summary>
public sealed class ResctrlTests : IDisposable
{
    private readonly string _mount = Directory.CreateTempSubdirectory("punnet-resctrl").FullName;

    public ResctrlTests()
    {
        Fill(_mount);
        File.WriteAllText(_mount + "/schemata", "    MB:0=100;1=100\n    L3:0=fffff;1=fffff\n");
        Directory.CreateDirectory(_mount + "/info");
    }

    public void Dispose() => Directory.Delete(_mount, recursive: true);

    [Fact]
    public void A_group_of_its_own_is_made_filled_entered_and_removed()
    {
        ResctrlGroup group = ResctrlGroup.Prepare(_mount, Plan("web1", shared: false, "L3:0=f;1=f", "MB:0=50"));
        Assert.Equal(new ResctrlRecord(_mount + "/web1", null, true), group.Record);
        Assert.False(Directory.Exists(_mount + "/web1"));
        group.Make();
        Fill(_mount + "/web1");
        group.Configure();
        ResctrlGroup.Enter(group.Record, 4711);
        Assert.Equal("4711", File.ReadAllText(_mount + "/web1/tasks"));

        // A file keeps the last write; the kernel takes each line by itself.
        Assert.Equal("MB:0=50\n", File.ReadAllText(_mount + "/web1/schemata")[..8]);
        Empty(_mount + "/web1");
        ResctrlGroup.Remove(group.Record);
        Assert.False(Directory.Exists(_mount + "/web1"));
        ResctrlGroup.Remove(group.Record);
    }

    [Fact]
    public void A_group_of_its_own_must_not_exist()
    {
        Directory.CreateDirectory(_mount + "/web1");
        PunnetException refusal = Assert.Throws<PunnetException>(() => ResctrlGroup.Prepare(_mount, Plan("web1", shared: false, "L3:0=f")));
        Assert.Equal("cannot make the class of service " + _mount + "/web1 (linux.intelRdt): it exists already", refusal.Message);
    }

    [Fact]
    public void A_named_group_without_schemata_must_exist()
    {
        PunnetException refusal = Assert.Throws<PunnetException>(() => ResctrlGroup.Prepare(_mount, Plan("gold", shared: true)));
        Assert.StartsWith("cannot use the class of service " + _mount + "/gold (linux.intelRdt.closID): it does not exist", refusal.Message,
            StringComparison.Ordinal);
        Directory.CreateDirectory(_mount + "/gold");
        Fill(_mount + "/gold");
        Assert.False(ResctrlGroup.Prepare(_mount, Plan("gold", shared: true)).Record.IsOwn);
    }

    [Theory]
    [InlineData("L3:0=ff;1=ff", true)]
    [InlineData("L3:1=00FF", true)]
    [InlineData("MB:0=50", true)]
    [InlineData("L3:0=f", false)]
    [InlineData("L3:2=ff", false)]
    [InlineData("L2:0=ff", false)]
    public void A_named_group_that_exists_must_have_the_schemata_already(string line, bool agrees)
    {
        Directory.CreateDirectory(_mount + "/gold");
        File.WriteAllText(_mount + "/gold/schemata", "    MB:0= 50;1=100\n    L3:0=000ff;1=000ff\n");
        ResctrlGroup group = ResctrlGroup.Prepare(_mount, Plan("gold", shared: true, line));
        group.Make();
        string? refusal = Record.Exception(group.Configure)?.Message;
        string expected = "cannot share the class of service " + _mount + "/gold (linux.intelRdt.closID): its schemata are not \"" + line
            + "\"";
        Assert.Equal(agrees ? null : expected, refusal);
        group.Undo();
        Assert.True(File.Exists(_mount + "/gold/schemata"));
    }

    [Fact]
    public void A_named_group_that_is_new_is_taken_back_after_a_failure_and_stays_otherwise()
    {
        ResctrlGroup group = ResctrlGroup.Prepare(_mount, Plan("gold", shared: true, "L3:0=f"));
        group.Make();
        group.Undo();
        Assert.False(Directory.Exists(_mount + "/gold"));

        ResctrlGroup again = ResctrlGroup.Prepare(_mount, Plan("gold", shared: true, "L3:0=f"));
        again.Make();
        ResctrlGroup.Remove(again.Record);
        Assert.True(Directory.Exists(_mount + "/gold"));
    }

    [Fact]
    public void The_default_group_is_the_mount_and_never_removed()
    {
        ResctrlGroup group = ResctrlGroup.Prepare(_mount, Plan("", shared: true, "L3:0=fffff"));
        group.Make();
        group.Configure();
        ResctrlGroup.Enter(group.Record, 4711);
        Assert.Equal("4711", File.ReadAllText(_mount + "/tasks"));
        group.Undo();
        ResctrlGroup.Remove(group.Record);
        Assert.True(Directory.Exists(_mount));
    }

    [Fact]
    public void A_monitoring_group_is_made_entered_and_removed_although_the_group_stays()
    {
        Directory.CreateDirectory(_mount + "/gold/mon_groups");
        Fill(_mount + "/gold");
        ResctrlGroup group = ResctrlGroup.Prepare(_mount, Plan("gold", shared: true) with { Monitor = "web1" });
        group.Make();
        group.Configure();
        string monitor = _mount + "/gold/mon_groups/web1";
        Fill(monitor);
        ResctrlGroup.Enter(group.Record, 4711);
        Assert.Equal("4711", File.ReadAllText(monitor + "/tasks"));
        Empty(monitor);
        ResctrlGroup.Remove(group.Record);
        Assert.False(Directory.Exists(monitor));
        Assert.True(Directory.Exists(_mount + "/gold"));
    }

    [Fact]
    public void A_machine_that_cannot_monitor_is_told_of()
    {
        ResctrlGroup group = ResctrlGroup.Prepare(_mount, Plan("", shared: true) with { Monitor = "web1" });
        group.Make();
        PunnetException refusal = Assert.Throws<PunnetException>(group.Configure);
        Assert.StartsWith("cannot make the monitoring group " + _mount + "/mon_groups/web1 (linux.intelRdt.enableMonitoring): no such file",
            refusal.Message, StringComparison.Ordinal);
        Assert.Equal("this processor or kernel cannot monitor caches and memory bandwidth", refusal.Hint);
    }

    [Fact]
    public void What_was_changed_can_be_brought_back()
    {
        ResctrlRecord record = new(_mount, null, false);
        string[] old = ResctrlGroup.Change(record, ["L3:0=f"]);
        Assert.Equal(["MB:0=100;1=100", "L3:0=fffff;1=fffff"], old);
        Assert.StartsWith("L3:0=f\n", File.ReadAllText(_mount + "/schemata"), StringComparison.Ordinal);
        ResctrlGroup.Restore(record, old);
        Assert.StartsWith("L3:0=fffff;1=fffff\n", File.ReadAllText(_mount + "/schemata"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, """{"mbm_total_bytes":900,"mbm_local_bytes":700},{"mbm_total_bytes":11}""", """{"llc_occupancy":4096},{}""")]
    [InlineData("web1", """{"mbm_total_bytes":5}""", "{}")]
    public void The_statistics_of_a_class_have_runcs_names(string? monitor, string bandwidth, string cache)
    {
        Put("/info/L3", ("cbm_mask", "fffff"), ("min_cbm_bits", "1"), ("num_closids", "16"));
        Put("/info/MB", ("bandwidth_gran", "10"), ("delay_linear", "1"), ("min_bandwidth", "10"), ("num_closids", "8"));
        Put("/gold", ("schemata", "    MB:0= 50;1=100\n    L3:0=000ff;1=000ff\n"));
        Put("/gold/mon_data/mon_L3_01", ("mbm_total_bytes", "11"), ("mbm_local_bytes", "Unavailable"));
        Put("/gold/mon_data/mon_L3_00", ("mbm_total_bytes", "900"), ("mbm_local_bytes", "700"), ("llc_occupancy", "4096"));
        Put("/gold/mon_groups/web1/mon_data/mon_L3_00", ("mbm_total_bytes", "5"));
        string expected = """
            {"intel_rdt":{"l3_cache_info":{"cbm_mask":"fffff","min_cbm_bits":1,"num_closids":16},"l3_cache_schema_root":"L3:0=fffff;1=fffff",
            "l3_cache_schema":"L3:0=000ff;1=000ff","mem_bw_info":{"bandwidth_gran":10,"delay_linear":1,"min_bandwidth":10,"num_closids":8},
            "mem_bw_schema_root":"MB:0=100;1=100","mem_bw_schema":"MB:0= 50;1=100","schemata":["MB:0= 50;1=100","L3:0=000ff;1=000ff"],
            """.Replace("\n", "", StringComparison.Ordinal) + $"\"mbm_stats\":[{bandwidth}],\"cmt_stats\":[{cache}]}}}}";
        ResctrlRecord record = new(_mount + "/gold", monitor is null ? null : _mount + "/gold/mon_groups/" + monitor, false);
        Assert.Equal(expected, Statistics(record));
    }

    [Fact]
    public void Without_a_class_and_on_a_machine_that_divides_nothing_the_statistics_are_empty()
    {
        Assert.Equal("{\"intel_rdt\":{}}", Statistics(null));
        Directory.Delete(_mount + "/info");
        Assert.Equal("{\"intel_rdt\":{}}", Statistics(new ResctrlRecord(_mount + "/gone", null, true)));
    }

    [Fact]
    public void The_mount_is_found_wherever_it_is()
    {
        const string Table = "24 1 0:22 / /sys rw - sysfs sysfs rw\n91 24 0:70 / /mnt/rdt rw,relatime shared:9 - resctrl resctrl rw,cdp\n";
        Assert.Equal("/mnt/rdt", ResctrlMount.Find(Table, ""));
    }

    [Theory]
    [InlineData("nodev\tsysfs\nnodev\tresctrl\n", "mount -t resctrl resctrl /sys/fs/resctrl")]
    [InlineData("nodev\tsysfs\n", "this processor or kernel cannot divide caches and memory bandwidth: /proc/filesystems has no resctrl")]
    public void Without_a_mount_the_reason_is_told(string fileSystems, string hint)
    {
        PunnetException refusal = Assert.Throws<PunnetException>(() => ResctrlMount.Find("24 1 0:22 / /sys rw - sysfs sysfs rw\n",
            fileSystems));
        Assert.Equal("cannot choose a class of service (linux.intelRdt): no resctrl file system is mounted", refusal.Message);
        Assert.Equal(hint, refusal.Hint);
    }

    private static IntelRdtPlan Plan(string group, bool shared, params string[] lines) => new(group, shared, [.. lines], null);

    private void Put(string directory, params (string File, string Text)[] files)
    {
        Directory.CreateDirectory(_mount + directory);
        foreach ((string file, string text) in files)
        {
            File.WriteAllText(_mount + directory + "/" + file, text + "\n");
        }
    }

    private static string Statistics(ResctrlRecord? record)
    {
        ArrayBufferWriter<byte> buffer = new();
        using Utf8JsonWriter json = new(buffer);
        json.WriteStartObject();
        ResctrlStatistics.Write(record, json);
        json.WriteEndObject();
        json.Flush();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Fill(string directory)
    {
        File.WriteAllText(directory + "/tasks", "");
        File.WriteAllText(directory + "/schemata", "");
    }

    // rmdir(2) takes a directory of resctrl with its files; one of a usual file system only without.
    private static void Empty(string directory)
    {
        File.Delete(directory + "/tasks");
        File.Delete(directory + "/schemata");
    }
}
