using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Threading;

namespace Punnet.Kernel;

/// <summary>A number that this process and its clones read and write without a system call. Never freed.</summary>
public readonly unsafe struct SharedFlag
{
    private readonly int* _place;

    internal SharedFlag(int* place) => _place = place;

    internal nint Address => (nint)_place;

    /// <summary>0 at first.</summary>
    public int Value
    {
        get => Volatile.Read(ref *_place);
        set => Volatile.Write(ref *_place, value);
    }

    /// <summary>Tells the processor that this is a spin loop.</summary>
    public static void Pause()
    {
        if (X86Base.IsSupported)
        {
            X86Base.Pause();
        }
        else
        {
            ArmBase.Yield();
        }
    }
}
