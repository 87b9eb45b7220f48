using System;
using System.Collections.Generic;
using Punnet.Host.Systemd;
using Punnet.Plan;
using Xunit;

namespace Punnet.Cgroup.Tests;

/// <summary>D-Bus messages, against bytes that busctl 252 sent for the same call.</summary>
public sealed class BusMessageTests
{
    // busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager StartTransientUnit 'ssa(sv)a(sa(sv))'
    // web1.scope replace 6 Description s 'punnet container web1' PIDs au 1 4242 Delegate b true MemoryMax t 67108864 AllowedCPUs ay 3 5 0
    // 255 DeviceAllow 'a(ss)' 2 /dev/char/1:3 rwm 'char-*' m 0
    private const string Recorded =
        "6c0104011801000002000000b600000001016f00190000002f6f72672f667265656465736b746f702f73797374656d643100000000000000030173001200000053746172"
        + "745472616e7369656e74556e697400000000000002017300200000006f72672e667265656465736b746f702e73797374656d64312e4d616e616765720000000000000000"
        + "06017300180000006f72672e667265656465736b746f702e73797374656d643100000000000000000801670010737361287376296128736128737629290000000a000000"
        + "776562312e73636f70650000070000007265706c61636500f20000000b0000004465736372697074696f6e00017300001500000070756e6e657420636f6e7461696e6572"
        + "20776562310000000400000050494473000261750000000004000000921000000800000044656c6567617465000162000100000000000000090000004d656d6f72794d61"
        + "78000174000000000000000000000004000000000b000000416c6c6f776564435055730002617900030000000500ff00000000000b000000446576696365416c6c6f7700"
        + "056128737329000032000000000000000d0000002f6465762f636861722f313a330000000300000072776d000000000006000000636861722d2a0000010000006d000000"
        + "00000000";

    private static readonly BusCall call =
        new("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "StartTransientUnit",
            "ssa(sv)a(sa(sv))");

    [Fact]
    public void A_call_has_the_bytes_that_busctl_sends()
    {
        byte[] expected = Convert.FromHexString(Recorded);
        expected[2] = 0; // busctl allows a question to the user.
        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(call.ToBytes(2, Arguments().Written)));
    }

    [Fact]
    public void A_message_is_read_as_it_was_written()
    {
        byte[] bytes = Convert.FromHexString(Recorded);
        Assert.Equal(bytes.Length, BusMessage.LengthOf(bytes));
        BusMessage message = BusMessage.TryRead(bytes)!;
        Assert.Equal((BusMessageType.Call, "StartTransientUnit", "ssa(sv)a(sa(sv))", "web1.scope"),
            (message.Type, message.Member, message.Signature, message.FirstText()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("6c010401")]
    [InlineData("42010401000000000200000000000000")] // big-endian
    [InlineData("6c010402000000000200000000000000")] // version 2
    [InlineData("6c010401ffffffff0200000000000000")] // 4 GB of body
    [InlineData("6c0104010000000002000000ffffffff")] // 4 GB of fields
    public void A_head_that_is_not_a_message_is_refused(string head) => Assert.Equal(-1, BusMessage.LengthOf(Convert.FromHexString(head)));

    [Fact]
    public void Whatever_byte_is_wrong_reading_ends_without_a_failure()
    {
        byte[] whole = Convert.FromHexString(Recorded);
        Random random = new(7);
        for (int round = 0; round < 200_000; round++)
        {
            byte[] bytes = [.. whole];
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                bytes[random.Next(12, bytes.Length)] = (byte)random.Next(256);
            }

            int length = BusMessage.LengthOf(bytes);
            if (length > 0 && length <= bytes.Length)
            {
                _ = BusMessage.TryRead(bytes[..length])?.FirstText();
            }
        }
    }

    [Theory]
    [InlineData("unix:path=/run/user/1000/bus", "bus /run/user/1000/bus")]
    [InlineData("unix:abstract=/tmp/dbus-x,guid=12", "bus @/tmp/dbus-x")]
    [InlineData("tcp:host=x;unix:guid=1,path=/a%20b", "bus /a b")]
    [InlineData("unix:path=/a;unix:abstract=b", "bus /a|bus @b")]
    [InlineData("unix:path=/a%0", "")]
    [InlineData("unix:path=/a%00b", "")]
    [InlineData("unix:path=", "")]
    [InlineData("autolaunch:", "")]
    [InlineData(null, "")]
    public void An_address_gives_its_unix_sockets(string? variable, string expected)
    {
        List<string> addresses = BusAddress.ReadAll(variable).ConvertAll(address => address.ToString());
        Assert.Equal(expected, string.Join('|', addresses));
        Assert.All(addresses, text => Assert.Equal(text, BusAddress.TryParse(text)!.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("bus")]
    [InlineData("bus ")]
    [InlineData("tcp /a")]
    public void An_invalid_address_in_the_state_is_refused(string text) => Assert.Null(BusAddress.TryParse(text));

    private static BusWriter Arguments()
    {
        BusWriter body = new();
        body.Text("web1.scope");
        body.Text("replace");
        (int, int) array = body.StartArray("(sv)");
        foreach ((string name, string value) in new[]
        {
            ("Description", "'punnet container web1'"), ("PIDs", "[uint32 4242]"), ("Delegate", "true"), ("MemoryMax", "uint64 67108864"),
            ("AllowedCPUs", "@ay [5, 0, 255]"), ("DeviceAllow", "[('/dev/char/1:3', 'rwm'), ('char-*', 'm')]"),
        })
        {
            body.Align(8);
            body.Text(name);
            body.Variant(VariantText.Read(value, name));
        }

        body.EndArray(array);
        body.EndArray(body.StartArray("(sa(sv))"));
        return body;
    }
}
