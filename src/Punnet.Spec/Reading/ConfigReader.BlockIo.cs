using System;
using System.Collections.Generic;

namespace Punnet.Spec;

/// <content>config-linux.md#block-io.</content>
public static partial class ConfigReader
{
    private const string BlockIoNames =
        "weight leafWeight weightDevice throttleReadBpsDevice throttleWriteBpsDevice throttleReadIOPSDevice throttleWriteIOPSDevice";

    private static BlockIoResources ReadBlockIo(ref JsonPathReader cursor)
    {
        uint? weight = null, leafWeight = null;
        IReadOnlyList<WeightDevice> weightDevice = [];
        IReadOnlyList<ThrottleDevice> readBps = [], writeBps = [], readIops = [], writeIops = [];
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "weight": weight = cursor.UInt16(); break;
                case "leafWeight": leafWeight = cursor.UInt16(); break;
                case "weightDevice": weightDevice = cursor.List<WeightDevice>(new(ReadWeightDevice)); break;
                case "throttleReadBpsDevice": readBps = cursor.List<ThrottleDevice>(new(ReadThrottleDevice)); break;
                case "throttleWriteBpsDevice": writeBps = cursor.List<ThrottleDevice>(new(ReadThrottleDevice)); break;
                case "throttleReadIOPSDevice": readIops = cursor.List<ThrottleDevice>(new(ReadThrottleDevice)); break;
                case "throttleWriteIOPSDevice": writeIops = cursor.List<ThrottleDevice>(new(ReadThrottleDevice)); break;
                default: cursor.SkipUnknown(BlockIoNames); break;
            }
        }

        return new BlockIoResources
        {
            Weight = weight,
            LeafWeight = leafWeight,
            WeightDevice = weightDevice,
            ThrottleReadBpsDevice = readBps,
            ThrottleWriteBpsDevice = writeBps,
            ThrottleReadIopsDevice = readIops,
            ThrottleWriteIopsDevice = writeIops,
        };
    }

    private static WeightDevice ReadWeightDevice(ref JsonPathReader cursor)
    {
        long? major = null, minor = null;
        uint? weight = null, leafWeight = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "major": major = cursor.Int64(); break;
                case "minor": minor = cursor.Int64(); break;
                case "weight": weight = cursor.UInt16(); break;
                case "leafWeight": leafWeight = cursor.UInt16(); break;
                default: cursor.SkipUnknown("major minor weight leafWeight"); break;
            }
        }

        return new WeightDevice(
            major ?? throw cursor.RefuseMissing("major"), minor ?? throw cursor.RefuseMissing("minor"), weight, leafWeight);
    }

    private static ThrottleDevice ReadThrottleDevice(ref JsonPathReader cursor)
    {
        long? major = null, minor = null;
        ulong? rate = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "major": major = cursor.Int64(); break;
                case "minor": minor = cursor.Int64(); break;
                case "rate": rate = cursor.UInt64(); break;
                default: cursor.SkipUnknown("major minor rate"); break;
            }
        }

        // A misspelt rate must not become 0, which removes the limit.
        return new ThrottleDevice(
            major ?? throw cursor.RefuseMissing("major"),
            minor ?? throw cursor.RefuseMissing("minor"),
            rate ?? throw cursor.RefuseMissing("rate"));
    }
}
