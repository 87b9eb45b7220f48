using Punnet.Abi;

namespace Punnet.Plan;

/// <summary>One device node.</summary>
/// <param name="Path">As written, absolute.</param>
/// <param name="Mode">Type and permission bits.</param>
/// <param name="Major">Major number.</param>
/// <param name="Minor">Minor number.</param>
/// <param name="Uid">Owner in the container.</param>
/// <param name="Gid">Group in the container.</param>
/// <param name="Index">Place in linux.devices; -1 for a default device.</param>
public sealed record DeviceStep(CString Path, uint Mode, uint Major, uint Minor, uint Uid, uint Gid, int Index);

/// <summary>One symbolic link below /dev.</summary>
/// <param name="Name">Name in /dev.</param>
/// <param name="Target">Where it points.</param>
public sealed record LinkStep(CString Name, CString Target);
